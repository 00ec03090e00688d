"""What a drill takes for an answer of the running server."""

import asyncio

import dns.message
import dns.rcode
import pytest

from gtm import Domain
from gtm.control.drill import ask
from gtm.dns import codes, name


def asked(rcode):
    """Ask a server that answers with an empty reply of a response code; None: it hangs up."""

    async def reply(reader, writer):
        length = int.from_bytes(await reader.readexactly(2))
        message = dns.message.make_response(dns.message.from_wire(await reader.readexactly(length)))
        if rcode is not None:
            message.set_rcode(rcode)
            writer.write(message.to_wire(prepend_length=True))
        writer.close()

    async def main():
        async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            return await ask(host, port, Domain(name.parse("www.example.com"), codes.A))

    return asyncio.run(main())


def test_an_empty_reply_is_an_answer_without_the_dead():
    assert asked(dns.rcode.NOERROR) == frozenset()


@pytest.mark.parametrize(
    ("rcode", "said"),
    [(dns.rcode.SERVFAIL, "SERVFAIL from 127"), (None, "no answer from 127.0.0.1 port")],
    ids=["a failure", "nothing"],
)
def test_a_failure_is_no_answer(rcode, said):
    with pytest.raises(OSError, match=said):
        asked(rcode)
