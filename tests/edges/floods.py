"""A client that sends at its own pace, whatever comes back: what a flood is to a server."""

import contextlib
import select
import socket
import time


class Flood:
    """Datagrams sent at a rate for some seconds; ``waits`` are (moment, seconds) of each that was answered, in order."""

    def __init__(self, place, rate, seconds, packet=b"x"):
        self.sent, self.waits, self._asked, self._packet = 0, [], {}, packet
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as self._client:
            self._client.setblocking(False)
            self._client.connect(place)
            self._began = time.monotonic()
            while (spent := time.monotonic() - self._began) < seconds:
                self._send(min(int(spent * rate), self.sent + 64))
                self._read(0.0005)
            end = time.monotonic() + 0.5
            while time.monotonic() < end:
                self._read(0.05)

    def _send(self, until):
        while self.sent < until:
            ident = (self.sent & 0xFFFF).to_bytes(2)
            self._asked[ident] = time.monotonic()
            self._client.send(ident + self._packet)
            self.sent += 1

    def _read(self, patience):
        select.select([self._client], [], [], patience)
        with contextlib.suppress(BlockingIOError):
            while True:
                ident = self._client.recv(4096)[:2]
                now = time.monotonic()
                self.waits.append((now - self._began, now - self._asked.pop(ident)))

    def within(self, share, since=0.0):
        """Tell within how many seconds this share of the answers came to what was asked after a moment."""
        waits = sorted(seconds for moment, seconds in self.waits if moment - seconds >= since)
        return waits[int(len(waits) * share)]
