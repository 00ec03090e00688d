"""What happens to a server as users run it: its Corefile, its backends, its clients and its admin door."""

import contextlib
import json
import re
import selectors
import socket
import threading
import time
import urllib.request

import dns.message
import dns.query

COREFILE = """
[server]
listen = ["127.0.0.1:0"]
admin = "127.0.0.1:0"
state = "{folder}/state"
command_dir = "{folder}/commands"
{server}

[templates.web]
protocol = "tcp"
port = {port}
interval = 0.2
timeout = 0.2
fall = 2
confirm = 0.1
{template}

[[zone]]
name = "example.com"
chain = ["health", "sequence", "round_robin", "ttl", "rescue", {{ use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
''' }}]

[pools.a]
addresses = [{first}]
checks = ["web"]

[pools.b]
addresses = ["127.0.0.3"]
checks = ["web"]

[[domain]]
name = "www.example.com"
type = "A"
ttl = 5
policy = "sequence"
pools = ["a", "b"]

[[alert]]
events = ["address_down", "address_up"]
command = "tell"

{more}
"""
FIRST, SECOND = ["127.0.0.2"], ["127.0.0.3"]


def write(folder, port, *, server="", template="", first='"127.0.0.2"', more=""):
    """Write a Corefile as one that changes it should: beside, then renamed."""
    commands = folder / "commands"
    if not commands.exists():
        commands.mkdir()
        (commands / "tell").write_text(f"#!/bin/sh\ncat >> {folder}/told\necho >> {folder}/told\n")
        (commands / "tell").chmod(0o755)
    text = COREFILE.format(folder=folder, port=port, server=server, template=template, first=first, more=more)
    (folder / "new").write_text(text)
    return (folder / "new").replace(folder / "Corefile.toml")


def told(folder):
    """List the alerts that people got: what, and of whom."""
    with contextlib.suppress(FileNotFoundError):
        batches = [json.loads(line) for line in (folder / "told").read_text().splitlines() if line]
        return [(alert["event"], alert["subject"]) for batch in batches for alert in batch]
    return []


class Backends:
    """Listeners on 127.0.0.2 and 127.0.0.3, all at one port, that may die and come back."""

    def __init__(self):
        with socket.create_server(("127.0.0.2", 0)) as found:
            self.port = found.getsockname()[1]
        self.open = {}
        for host in ("127.0.0.2", "127.0.0.3"):
            self.rise(host)

    def rise(self, host):
        self.open[host] = socket.create_server((host, self.port), backlog=128)
        self.open[host].setblocking(False)
        threading.Thread(target=self._serve, args=(self.open[host],), daemon=True).start()

    @staticmethod
    def _serve(listener):
        with contextlib.suppress(OSError, ValueError), selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            while listener.fileno() >= 0:
                if selector.select(0.1):
                    with contextlib.suppress(BlockingIOError):
                        listener.accept()[0].close()

    def fall(self, host):
        listener = self.open.pop(host)
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # at once, though a thread waits for it
        listener.close()

    def close(self):
        for host in list(self.open):
            self.fall(host)


def ask(port, name="www.example.com", timeout=5):
    reply = dns.query.udp(dns.message.make_query(name, "A"), "127.0.0.1", timeout=timeout, port=port)
    return [record.to_text() for rrset in reply.answer for record in rrset]


def admin(server, path="/status", seconds=20):
    """Ask at the admin door, which may have moved with a new control process, until it answers."""
    end = time.monotonic() + seconds
    while True:
        with server.news:
            doors = [match[1] for line in server.lines if (match := re.search(r"admin door at (\S+)", line))]
        try:
            with urllib.request.urlopen(f"{doors[-1]}{path}", timeout=2) as reply:
                return json.load(reply)
        except (OSError, IndexError):
            assert time.monotonic() < end
            time.sleep(0.02)


def addresses(status):
    """Find the addresses of a status by their value."""
    pools = [pool for domain in status["domains"] for pool in domain["pools"]]
    return {address["value"]: address for pool in pools for address in pool["addresses"]}


PATIENCE = 3.0
"""Seconds without any answer after which those that have not come are lost."""


class Load:
    """Clients that ask so many times a second, each answer waited for to the end; a context."""

    def __init__(self, port, rate=1000, clients=16):
        self.lost = 0
        self.seen = []
        self._wire = dns.message.make_query("www.example.com", "A", id=0).to_wire()[2:]
        self._port, self._rate, self._clients = port, rate, clients
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Ask no more, and wait for the answers that are still to come."""
        self._stop.set()
        self._thread.join()

    def _ask(self):
        waiting, count, began = {}, 0, time.monotonic()
        with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
            opened = [
                stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(self._clients)
            ]
            for each in opened:
                each.setblocking(False)
                each.connect(("127.0.0.1", self._port))
                selector.register(each, selectors.EVENT_READ)
            end, heard = None, 0
            while end is None or (waiting and time.monotonic() < end):
                now = time.monotonic()
                while end is None and count < (now - began) * self._rate:
                    ident = (count & 0xFFFF).to_bytes(2)
                    opened[count % self._clients].send(ident + self._wire)
                    waiting[ident] = now
                    count += 1
                for key, _ in selector.select(0.001):
                    self._read(key.fileobj, waiting)
                if self._stop.is_set() and (end is None or len(self.seen) > heard):
                    end, heard = time.monotonic() + PATIENCE, len(self.seen)
        self.lost = len(waiting)

    def _read(self, client, waiting):
        with contextlib.suppress(BlockingIOError):
            while True:
                packet = client.recv(4096)
                now = time.monotonic()
                sent = waiting.pop(packet[:2], None)
                if sent is not None:
                    self.seen.append((now, now - sent, ".".join(map(str, packet[-4:]))))

    @property
    def slowest(self):
        return max(seconds for _, seconds, _ in self.seen)

    def values(self, since=0.0):
        """What was answered to queries that were asked after a moment."""
        return {value for moment, seconds, value in self.seen if moment - seconds >= since}
