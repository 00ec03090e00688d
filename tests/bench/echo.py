"""The least that a UDP server in Python can do: receive, set the QR bit, send."""

import socket
import sys

opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
opened.bind(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
while True:
    packet, peer = opened.recvfrom(4096)
    opened.sendto(packet[:2] + b"\x84" + packet[3:], peer)
