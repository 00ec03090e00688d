"""Sets of networks, nested and side by side, cut into stretches within which the longest network is the same."""

from bisect import bisect_right
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from gtm import Known

Network = IPv4Network | IPv6Network
_BITS: Final = {4: 32, 6: 128}


class Ranges:
    """Networks of both families. A lookup is a binary search; it says within how many leading bits its result holds."""

    __slots__ = ("_stretches",)

    def __init__(self, networks: Iterable[Network]) -> None:
        """Take networks in any order, with repetitions or not."""
        every = set(networks)
        self._stretches = {
            version: _stretches([network for network in every if network.version == version], bits)
            for version, bits in _BITS.items()
        }

    def find(self, address: IPv4Address | IPv6Address) -> Known[int | None]:
        """Give the length of the longest network that holds an address, None when none does.

        The prefix is the shortest with the same result throughout: a network beside the address, or inside the one that
        holds it, makes it longer.
        """
        starts, lengths = self._stretches[address.version]
        value, bits = int(address), address.max_prefixlen
        at = bisect_right(starts, value)
        prefix = 0
        if at > 1:
            prefix = _shared(value, starts[at - 1] - 1, bits) + 1
        if at < len(starts):
            prefix = max(prefix, _shared(value, starts[at], bits) + 1)
        return Known(lengths[at - 1], prefix)


def _shared(one: int, other: int, bits: int) -> int:
    return bits - (one ^ other).bit_length()


def _stretches(networks: list[Network], bits: int) -> tuple[list[int], list[int | None]]:
    starts: list[int] = [0]
    lengths: list[int | None] = [None]

    def cut(start: int, length: int | None) -> None:
        if starts[-1] == start:
            starts.pop()
            lengths.pop()
        if start < 2**bits and (not lengths or lengths[-1] != length):
            starts.append(start)
            lengths.append(length)

    around: list[tuple[int, int | None]] = [(2**bits, None)]
    for network in sorted(networks, key=lambda n: (int(n.network_address), n.prefixlen)):
        start = int(network.network_address)
        while around[-1][0] <= start:
            end, _ = around.pop()
            cut(end, around[-1][1])
        cut(start, network.prefixlen)
        around.append((start + network.num_addresses, network.prefixlen))
    while len(around) > 1:
        end, _ = around.pop()
        cut(end, around[-1][1])
    return starts, lengths
