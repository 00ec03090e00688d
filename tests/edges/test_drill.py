"""What a drill takes for an answer of the running server."""

import asyncio

import dns.message
import dns.rcode
import pytest

from gtm import Domain
from gtm.control.drill import ask
from gtm.dns import codes, name


class Replying(asyncio.DatagramProtocol):
    """Answers each datagram with an empty reply of a response code."""

    def __init__(self, rcode):
        self._rcode = rcode

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, peer):
        reply = dns.message.make_response(dns.message.from_wire(data))
        reply.set_rcode(self._rcode)
        self._transport.sendto(reply.to_wire(), peer)


@pytest.mark.parametrize(("rcode", "is_answer"), [(dns.rcode.NOERROR, True), (dns.rcode.SERVFAIL, False)])
def test_a_failure_is_no_answer_without_the_dead(rcode, is_answer):
    domain = Domain(name.parse("www.example.com"), codes.A)

    async def main():
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: Replying(rcode), ("127.0.0.1", 0))
        try:
            return await ask(*transport.get_extra_info("sockname"), domain)
        finally:
            transport.close()

    if is_answer:
        assert asyncio.run(main()) == frozenset()
    else:
        with pytest.raises(OSError, match="SERVFAIL from 127"):
            asyncio.run(main())
