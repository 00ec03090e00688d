"""ICMP echo messages as octets (RFC 792, RFC 4443 section 4). Total: what is no echo message of ours gives None."""

from typing import Final, NamedTuple

_HEADER: Final = 8
_REQUEST: Final = {False: 8, True: 128}
_REPLIES: Final = frozenset({0, 129})
_REQUESTS: Final = frozenset({8, 128})


class Echo(NamedTuple):
    """What an echo message carries. ``payload`` may be cut short, or be gone, where a router quoted the message."""

    sequence: int
    payload: bytes


def request(sequence: int, payload: bytes, *, is_v6: bool) -> bytes:
    """Write an echo request. The checksum of ICMPv6 spans the IP header, so the kernel writes it."""
    head = bytes((_REQUEST[is_v6], 0))
    # the identifier is the sequence number once more: the kernel of a datagram socket writes its own
    rest = sequence.to_bytes(2) * 2 + payload
    total = 0 if is_v6 else checksum(head + bytes(2) + rest)
    return head + total.to_bytes(2) + rest


def checksum(octets: bytes) -> int:
    """Sum octets up as RFC 1071 says."""
    padded = octets + bytes(len(octets) % 2)
    # 2**16 is 1 modulo 65535, so the sum of the words with its carries is the whole number modulo 65535
    total = int.from_bytes(padded) % 0xFFFF
    return ~(total or (0xFFFF if any(octets) else 0)) & 0xFFFF


def reply(octets: bytes) -> Echo | None:
    """Read an echo reply, with an IP header before it or without."""
    return _read(octets, _REPLIES)


def quoted(octets: bytes) -> Echo | None:
    """Read the echo request that an ICMP error quotes, with an IP header before it or without."""
    return _read(octets, _REQUESTS)


def _read(octets: bytes, kinds: frozenset[int]) -> Echo | None:
    icmp = octets[_skipped(octets) :]
    if len(icmp) < _HEADER or icmp[0] not in kinds or icmp[1] != 0:
        return None
    return Echo(int.from_bytes(icmp[6:8]), icmp[_HEADER:])


def _skipped(octets: bytes) -> int:
    """Give the length of the IP header: no echo message begins with the octet of one."""
    version = octets[0] >> 4 if octets else 0
    if version == 4:
        return (octets[0] & 15) * 4
    return 40 if version == 6 else 0
