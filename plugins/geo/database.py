"""One MaxMind database, held in memory.

The file is read whole, so nothing that happens to it later reaches a lookup: a file that is mapped and then truncated
would end the process.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from pathlib import Path
from typing import Final

from maxminddb import MODE_FD, MODE_MMAP_EXT, open_database
from maxminddb.reader import Reader

from gtm import PluginFault

from .record import NOTHING, BadRecord, Found, read

# a damaged file makes the reader raise any of these
DAMAGE: Final = (RuntimeError, ValueError, TypeError, KeyError, OSError)
SAMPLE: Final = 2000
OLDEST: Final = 1262304000
NEWEST: Final = 4102444800
DEMO: Final = "gtm-demo"


class Database:
    """A database that has been looked through; ``find`` never raises."""

    def __init__(self, reader: Reader, tells: frozenset[str] = frozenset()) -> None:
        """Take a reader over memory, and what its records were seen to tell: country, asn."""
        self._reader = reader
        metadata = reader.metadata()
        self._version = metadata.ip_version
        self.tells = tells
        self.kind = metadata.database_type
        self.built = float(metadata.build_epoch)
        """Seconds since 1970."""
        self.ages = not self.kind.startswith(DEMO)
        """Whether it is of less use the older it is: our demo data tell of networks that nobody has."""

    def find(self, address: IPv4Address | IPv6Address) -> tuple[Found, int]:
        """Look an address up: what is known, and the leading bits within which that is the same, in bits of its own family."""
        if address.version > self._version:
            return NOTHING, 0
        try:
            record, prefix = self._reader.get_with_prefix_len(address)
            return read(record), prefix
        except DAMAGE:
            return NOTHING, address.max_prefixlen


def load(path: Path) -> Database:
    """Read a file into memory and look through it; PluginFault when it is missing, damaged, or says nothing that is read here."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PluginFault(f'database "{path}" can\'t be read: {error.strerror or error}', path) from error
    try:
        # the C reader may end the process over damaged data, so the other one goes first
        tells = _check(open_database(BytesIO(data), MODE_FD))
        return Database(_open(data), tells)
    except PluginFault as fault:
        raise PluginFault(f'database "{path}": {fault}', path) from None
    except BadRecord as error:
        raise PluginFault(f'database "{path}" has a record that can\'t be used: {error}', path) from error
    except DAMAGE as error:
        raise PluginFault(f'"{path}" is not a MaxMind database (.mmdb), or is damaged or cut off', path) from error


def _open(data: bytes) -> Reader:
    if hasattr(os, "memfd_create"):
        with suppress(OSError, ValueError):  # no /proc here, or no C extension
            return _open_mapped(data)
    return open_database(BytesIO(data), MODE_FD)


def _open_mapped(data: bytes) -> Reader:
    descriptor = os.memfd_create("geo", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        return open_database(f"/proc/self/fd/{descriptor}", MODE_MMAP_EXT)


def _check(reader: Reader) -> frozenset[str]:
    metadata = reader.metadata()
    if metadata.binary_format_major_version != 2 or metadata.ip_version not in (4, 6):
        raise PluginFault("it is of a version that is not known; 2 is, for IPv4 or IPv6")
    if not OLDEST <= metadata.build_epoch < NEWEST:
        raise PluginFault(f"its build date, {metadata.build_epoch} s since 1970, is not within 2010 to 2099")
    records = list(_sample(reader))
    if not all(map(_is_sound, records)):
        raise PluginFault("it is damaged: a map in it has a key that is not a text")
    found = {read(record) for record in records}
    if found <= {NOTHING}:
        raise PluginFault(
            f'its type is "{metadata.database_type}", and it tells neither country nor AS; use a City, Country or ASN one'
        )
    return frozenset(word for word in ("country", "asn") if any(getattr(one, word) is not None for one in found))


def _is_sound(value: object) -> bool:
    # the C reader dies of other keys
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_sound(one) for key, one in value.items())
    return all(map(_is_sound, value)) if isinstance(value, list) else True


def _sample(reader: Reader) -> Iterator[object]:
    yield from (record for _, record in islice(reader, SAMPLE))
    yield from (reader.get(IPv4Address(high << 24 | 0x010101)) for high in range(256))
    if reader.metadata().ip_version == 6:
        yield from (reader.get(IPv6Address((0x2000 + step * 0x20) << 112)) for step in range(256))
