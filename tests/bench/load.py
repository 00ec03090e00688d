"""Offers queries to a UDP server in bursts and counts the replies: the same load for every server that is measured."""

import socket
import sys
import time
from pathlib import Path


def offer(port: int, packets: list[bytes], seconds: float, burst: int = 64) -> int:
    """Send bursts for some seconds, each after the replies to the one before; tell how many replies came."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
    opened.connect(("127.0.0.1", port))
    opened.settimeout(0.5)
    replies, position, end = 0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for packet in packets[position : position + burst]:
            opened.send(packet)
        sent = len(packets[position : position + burst])
        position = (position + burst) % len(packets)
        try:
            for _ in range(sent):
                opened.recv(4096)
                replies += 1
        except TimeoutError:
            continue
    return replies


def read(path: str) -> list[bytes]:
    """Read packets that stand one a line in hexadecimal."""
    return [bytes.fromhex(line) for line in Path(path).read_text(encoding="ascii").splitlines()]


if __name__ == "__main__":
    print(offer(int(sys.argv[1]), read(sys.argv[2]), float(sys.argv[3])))
