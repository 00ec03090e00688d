"""http against real listeners that serve, hang, drip, run on without end or talk nonsense."""

import asyncio
import contextlib
import itertools
import socket
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gtm import Setup, Target
from gtm_plugins.http import Http

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
HEAD = b"HTTP/1.1 200 OK\r\n"
REDIRECT = "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n"
HANG = None


async def nowhere(host):
    raise OSError(f'"{host}" is not to be probed')


class Server:
    """A listener that answers each request with the next script: octets, seconds to pause, and HANG."""

    def __init__(self, *scripts, address="127.0.0.1"):
        self.scripts = itertools.cycle(scripts)
        self.address = address
        self.heard = []
        self.end = asyncio.Event()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.answer, self.address, 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.end.set()
        self.server.close()

    async def answer(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            self.heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
            for part in next(self.scripts):
                if not isinstance(part, bytes):
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.end.wait(), part)
                    continue
                writer.write(part)
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def ask(*scripts, timeout=5.0, lookup=nowhere, name="www.example.com", **options):
    """Probe a server with these scripts; what the probe saw, and what the server heard."""

    async def asked():
        async with Server(*scripts) as server:
            plugin = Http(Http.Options(**options), Setup())
            return await plugin.probe(Target("127.0.0.1", server.port, name, timeout, lookup)), server

    seen, server = asyncio.run(asked())
    assert seen.seconds < timeout + 1
    return seen, server


def reason(*scripts, **options):
    return ask(*scripts, **options)[0].reason


def test_a_server_that_answers_is_well_and_each_step_is_timed():
    seen, server = ask([OK])
    assert (seen.is_well, seen.reason, seen.warning) == (True, "status 200", "")
    assert [name for name, _ in seen.parts] == ["connect", "first_byte", "headers"]
    assert sum(seconds for _, seconds in seen.parts) == pytest.approx(seen.seconds, abs=0.01)
    assert server.heard[0] == (
        f"GET / HTTP/1.1\r\nHost: www.example.com:{server.port}\r\nConnection: close\r\n"
        "Accept-Encoding: identity\r\nUser-Agent: gtm\r\nAccept: */*\r\n\r\n"
    )


def test_what_is_asked_is_as_the_options_say():
    options = {"path": "/health?deep=1", "host": "shop.example:81", "method": "POST", "headers": {"user-agent": "me"}}
    _, server = ask([OK], **options)
    assert server.heard[0].splitlines()[:2] == ["POST /health?deep=1 HTTP/1.1", "Host: shop.example:81"]
    assert "user-agent: me" in server.heard[0].lower()
    assert "User-Agent: gtm" not in server.heard[0]
    assert "Content-Length: 0" in server.heard[0]


def endless(start, part):
    return itertools.chain([start], itertools.repeat(part))


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


LONG = 65536
ANSWERS = {
    "503": ([b"HTTP/1.1 503 Busy\r\n\r\n"], {}, "status 503"),
    "500": ([b"HTTP/1.1 500 Oops\r\n\r\n"], {}, "status 500"),
    "500, strict": ([b"HTTP/1.1 500 Oops\r\n\r\n"], {"strict": True}, "status 500"),
    "404 among ranges": ([b"HTTP/1.1 404 No\r\n\r\n"], {"status": ("200-299",)}, "status 404"),
    "no reason": ([b"HTTP/1.1 200\r\n\r\n"], {}, "status 200"),
    "HTTP/1.0": ([b"HTTP/1.0 200 OK\r\n\r\nok"], {"body": "ok"}, "status 200"),
    "interim": ([b"HTTP/1.1 103 Early Hints\r\n\r\n", OK], {}, "status 200"),
    "interim without end": (endless(b"", b"HTTP/1.1 100 Go on\r\n\r\n" * 50), {}, "headers longer than 32768 octets"),
    "headers without end": (endless(HEAD, b"X: y\r\n" * 500), {}, "headers longer than 32768 octets"),
    "a header without end": (endless(HEAD + b"X: ", b"y" * 4000), {}, "headers longer than 32768 octets"),
    "a status line without end": (endless(b"HTTP/1.1 200 ", b"y" * 4000), {}, "headers longer than 32768 octets"),
    "other protocol": ([b"SSH-2.0-OpenSSH_9.2\r\n", HANG], {}, 'not HTTP: it begins with "SSH-2.0-OpenSSH_9.2"'),
    "binary": ([b"\x16\x03\x03\x00\x02\x02\x46"], {}, 'not HTTP: it begins with "'),
    "TLS": ([b"\x15\x03\x01\x00\x02\x02\x46"], {}, "not HTTP: TLS is spoken there"),
    "almost": ([b"HTTP/", b"one\r\n\r\n"], {}, "not HTTP: illegal status line"),
    "nonsense in headers": ([HEAD + b"no colon\r\n\r\n"], {}, "not HTTP: "),
    "two lengths": ([HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"], {}, "not HTTP: "),
    "nothing": ([], {}, "connection closed before the response"),
    "half of the headers": ([HEAD], {}, "connection closed in the headers"),
    "keyword": ([OK], {"body": "ok"}, "status 200"),
    "no keyword": ([OK], {"body": "fine"}, 'body lacks "fine"'),
    "keyword in chunks": (
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk(b"he"), chunk(b"llo"), b"0\r\n\r\n"],
        {"body": "hello"},
        "status 200",
    ),
    "keyword, then no end": (endless(HEAD + b"\r\nok", b"x" * 999), {"body": "ok"}, "status 200"),
    "keyword beyond the limit": ([HEAD + b"\r\n", b"x" * LONG, b"ok"], {"body": "ok"}, 'octets of the body lack "ok"'),
    "a body without end": (endless(HEAD + b"\r\n", b"x" * 5000), {"body": "ok"}, "first 65536 octets of the body lack"),
    "chunks without end": (
        endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk(b"x") * 1000),
        {"body": "ok", "body_limit": 9999},
        "first 9999 octets of the body lack",
    ),
    "wrapping without end": (
        endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"e" * 9999 + b"\r\nx\r\n"),
        {"body": "ok"},
        "body's framing is longer than",
    ),
    "a body cut short": ([HEAD + b"Content-Length: 9\r\n\r\nhe"], {"body": "ok"}, "connection closed in the body"),
    "chunks of nonsense": (
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"], {"body": "ok"}, "not HTTP: illegal chunk header",
    ),
    "packed unasked": (
        [HEAD + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b"], {"body": "ok"}, 'body lacks "ok"; it is packed by gzip, unasked',
    ),
    "no body is waited for": ([HEAD + b"Content-Length: 9\r\n\r\n", HANG], {}, "status 200"),
}  # fmt: skip


@pytest.mark.parametrize(("script", "options", "wanted"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_judged_within_bounds(script, options, wanted):
    seen, _ = ask(script, **options)
    assert wanted in seen.reason
    assert seen.is_well is (seen.reason == "status 200" or "strict" in options)


@pytest.mark.parametrize(
    ("script", "options", "where"),
    [
        ([HANG], {}, "waiting for the first byte"),
        ([HEAD, HANG], {}, "in the headers"),
        ([HEAD + b"\r\nhel", HANG], {"body": "hello"}, "in the body"),
    ],
)
def test_a_server_that_falls_silent_times_out_where_it_did(script, options, where):
    seen, _ = ask(script, timeout=0.2, **options)
    assert (seen.is_well, seen.reason) == (False, f"timed out after 0.2 s {where}")
    assert seen.seconds >= 0.2


@pytest.mark.parametrize(
    ("start", "options", "where"),
    [(b"", {}, "in the headers"), (HEAD + b"\r\n", {"body": "hello"}, "in the body")],
)
def test_a_server_that_drips_does_not_outlast_the_time_out(start, options, where):
    """Catalogue 3.2, slow or endless HTTP body, redirects, huge headers; the tables above have the limits."""
    drops = (part for octet in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 9**4 for part in (bytes([octet]), 0.01))
    seen, _ = ask(itertools.chain([start], drops), timeout=0.3, **options)
    assert seen.reason == f"timed out after 0.3 s {where}"


def test_a_flood_lets_others_have_their_turn():
    """A peer that sends faster than we read must not keep the loop: other probes have deadlines, too."""

    async def flooded():
        turns = 0

        async def count():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with Server(endless(HEAD + b"\r\n", b"x" * 200_000)) as server:
            counting = asyncio.create_task(count())
            plugin = Http(Http.Options(body="ok", body_limit=1048576), Setup())
            await plugin.probe(Target("127.0.0.1", server.port, "x", 5, nowhere))
            counting.cancel()
        return turns

    assert asyncio.run(flooded()) > 1048576 / 8192 / 2


def test_a_closed_port_refuses():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        target = Target("127.0.0.1", held.getsockname()[1], "x", 1, nowhere)
        assert asyncio.run(Http(Http.Options(), Setup()).probe(target)).reason == "connection refused"


def test_a_listener_whose_queue_is_full_times_out_in_connect(full):
    target = Target("127.0.0.1", full, "x", 0.3, nowhere)
    assert asyncio.run(Http(Http.Options(), Setup()).probe(target)).reason == "timed out after 0.3 s in connect"


def moved(where, status=302):
    return [REDIRECT.replace("302", str(status)).format(where).encode()]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(status):
    seen, server = ask(moved("/next", status), [OK])
    assert (seen.is_well, seen.reason) == (True, "status 200 after 1 redirect")
    assert [heard.split()[1] for heard in server.heard] == ["/", "/next"]


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_redirect_keeps_the_method_or_not(status, method):
    _, server = ask(moved("/next", status), [OK], method="POST")
    assert [heard.split()[0] for heard in server.heard] == ["POST", method]


LED = " at http://www.example.com:{port}, after 1 redirect"
NEVER = '"{0}" is not to be probed at http://{0}, after 1 redirect'


@pytest.mark.parametrize(
    ("scripts", "options", "wanted"),
    [
        ([moved("/next")], {"follow_redirects": False}, "status 302"),
        ([moved("/next")], {"status": (302,)}, "status 302"),
        ([moved("/next")], {"follow_redirects": False, "code": 300}, "status 302"),
        ([[b"HTTP/1.1 302 Found\r\n\r\n"]], {}, "status 302"),
        ([[b"HTTP/1.1 304 Same\r\nLocation: /x\r\n\r\n"]], {}, "status 304"),
        ([moved("/next"), [b"HTTP/1.1 500 Oops\r\n\r\n"]], {}, f"status 500{LED}"),
        ([moved("/next"), []], {}, f"connection closed before the response{LED}"),
        ([moved("/next"), [HANG]], {"timeout": 0.3}, f"timed out after 0.3 s waiting for the first byte{LED}"),
        ([moved("//127.0.0.1:1/")], {}, "connection refused at http://127.0.0.1:1, after 1 redirect"),
        ([moved("/"), [OK]], {}, "redirects in a loop"),
        ([moved("/a"), moved("/b"), moved("/a")], {}, "redirects in a loop"),
        ([moved(f"/{step}") for step in range(9)], {}, "more than 5 redirects"),
        ([moved("ftp://other.example/")], {}, 'redirects to "ftp", which is neither http nor https'),
        ([moved("http://169.254.169.254/latest")], {}, NEVER.format("169.254.169.254")),
        ([moved("http://other.example/")], {}, NEVER.format("other.example")),
        (
            [moved("http://" + "a" * 90 + "/")],
            {},
            f'"{"a" * 90}" is not to be probed at http://{"a" * 60}, after 1 redirect',
        ),
    ],
)
def test_a_redirect_ends_somewhere(scripts, options, wanted):
    seen, server = ask(*scripts, **options)
    assert seen.reason == wanted.format(port=server.port)


def test_another_host_is_looked_up_and_gets_no_header_of_ours():
    async def asked():
        asked_for = []

        async def lookup(host):
            asked_for.append(host)
            return "127.0.0.2"

        async with Server([OK], address="127.0.0.2") as other:
            first = Server(moved(f"http://other.example:{other.port}/x"))
            async with first:
                plugin = Http(Http.Options(headers={"Authorization": "secret"}), Setup())
                seen = await plugin.probe(Target("127.0.0.1", first.port, "127.0.0.1", 5, lookup))
            return seen, asked_for, first.heard[0], other.heard[0]

    seen, asked_for, first, second = asyncio.run(asked())
    assert (seen.reason, asked_for) == ("status 200 after 1 redirect", ["other.example"])
    assert "secret" in first
    assert "secret" not in second
    assert "Host: other.example:" in second


def test_the_same_host_stays_at_the_address_that_is_probed():
    async def asked():
        async with Server([OK]) as other, Server(moved(f"http://WWW.example.com:{other.port}/x")) as first:
            plugin = Http(Http.Options(host="www.example.com"), Setup())
            return await plugin.probe(Target("127.0.0.1", first.port, "127.0.0.1", 5, nowhere))

    assert asyncio.run(asked()).is_well


def test_a_way_back_leads_to_the_address_that_is_probed():
    async def lookup(host):
        assert host == "other.example"
        return "127.0.0.2"

    async def asked():
        async with (
            Server() as probed,
            Server(moved(f"http://www.example.com:{probed.port}/x"), address="127.0.0.2") as other,
        ):
            probed.scripts = itertools.chain([moved(f"http://other.example:{other.port}/")], [[OK]])
            target = Target("127.0.0.1", probed.port, "www.example.com", 5, lookup)
            return await Http(Http.Options(), Setup()).probe(target)

    assert asyncio.run(asked()).reason == "status 200 after 2 redirects"


def test_a_form_that_leads_to_itself_is_no_loop():
    assert reason(moved("/", 303), [OK], method="POST") == "status 200 after 1 redirect"


@settings(max_examples=150)
@given(
    st.binary(max_size=300)
    | st.builds(lambda tail: HEAD + tail, st.binary(max_size=200))
    | st.builds(lambda tail: HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + tail, st.binary(max_size=200))
    | st.builds(lambda place: REDIRECT.encode().replace(b"{}", place), st.binary(max_size=100))
)
@example(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
@example(b"HTTP/9.9 200 OK\r\n\r\n")
@example(b"HTTP/1.1 999 X\r\n\r\n")
@example(REDIRECT.encode().replace(b"{}", b"//\xff:0/"))
def test_any_octets_are_a_response_or_a_reason(octets):
    """Nothing that a server says makes a probe raise, or lasts."""
    seen, _ = ask([octets], body="ok", timeout=2)
    assert seen.reason.isprintable()
    assert len(seen.reason) < 300
    assert not seen.reason.startswith("timed out")


def test_a_probe_is_cheap():
    async def many():
        async with Server([OK]) as server:
            plugin, target = Http(Http.Options(), Setup()), Target("127.0.0.1", server.port, "x", 5, nowhere)
            for _ in range(20):
                await plugin.probe(target)
            began = time.process_time()
            for _ in range(200):
                await plugin.probe(target)
            return (time.process_time() - began) / 200

    assert asyncio.run(many()) < 0.003  # its server included; the promise for a probe alone is below 0.001
