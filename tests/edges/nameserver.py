"""A name server on a loopback address, over UDP and TCP at one port, that does what a test says."""

import asyncio
import socket
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


def reply(query, *records, rcode="NOERROR", cut=False):
    """Make a reply of records such as ``www.example.com. A 192.0.2.1``."""
    made = dns.message.make_response(query)
    made.set_rcode(dns.rcode.from_text(rcode))
    made.flags |= dns.flags.TC if cut else 0
    for record in records:
        owner, rtype, data = record.split(" ", 2)
        made.answer.append(dns.rrset.from_text(owner, 60, "IN", rtype, data))
    return made.to_wire()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answers):
        self.answers = answers

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, octets, source):
        for octets_back in self.answers(dns.message.from_wire(octets)):
            self.transport.sendto(octets_back, source)


def _free():
    """Open a TCP and a UDP socket at the same port."""
    while True:
        stream, datagram = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        stream.bind(("127.0.0.1", 0))
        try:
            datagram.bind(stream.getsockname())
        except OSError:
            stream.close()
            datagram.close()
        else:
            return stream, datagram


@asynccontextmanager
async def serving(by_udp, by_tcp=None):
    """Serve, and give the port: each function gives the datagrams, or the octets of a stream, that answer a query."""
    loop = asyncio.get_running_loop()
    stream, datagram = _free()

    async def connected(reader, writer):
        try:
            length = int.from_bytes(await reader.readexactly(2))
            query = dns.message.from_wire(await reader.readexactly(length))
            for octets in by_tcp(query) if by_tcp else ():
                writer.write(octets)
            if by_tcp:
                await reader.read()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(by_udp), sock=datagram)
    server = await asyncio.start_server(connected, sock=stream)
    try:
        yield stream.getsockname()[1]
    finally:
        transport.close()
        server.close()
        await asyncio.sleep(0)


def framed(octets):
    """Put the length before a message."""
    return len(octets).to_bytes(2) + octets
