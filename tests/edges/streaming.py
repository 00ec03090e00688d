"""A server with one zone, and clients that speak to it on streams."""

import socket
import struct
import time

import dns.message

COREFILE = """
[server]
listen = ["127.0.0.1:0"]
{server}

[[zone]]
name = "example.com"
chain = [{{ use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
big TXT {big}
''' }}]
"""
BIG = " ".join(f'"{"x" * 250}"' for _ in range(16))  # a reply of 4 kB


def started(folder, inside, limits, server=""):
    path = folder / "Corefile.toml"
    path.write_text(COREFILE.format(server=server, big=BIG))
    return inside(path, limits)


def connect(running, source="127.0.0.1"):
    opened = socket.create_connection((running.host, running.port), timeout=10, source_address=(source, 0))
    opened.settimeout(10)
    return opened


def framed(name="ns.example.com", kind="A", ident=None):
    wire = dns.message.make_query(name, kind, id=ident).to_wire()
    return struct.pack("!H", len(wire)) + wire


def exactly(opened, size):
    data = b""
    while len(data) < size:
        more = opened.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def reply(opened):
    return dns.message.from_wire(exactly(opened, struct.unpack("!H", exactly(opened, 2))[0]))


def ended(opened):
    """Wait for the server to stop sending, which must not cost what it sent before."""
    before = time.monotonic()
    assert opened.recv(1) == b""
    return time.monotonic() - before


def asked(opened):
    opened.sendall(framed())
    return reply(opened)
