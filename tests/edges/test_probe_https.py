"""https against real listeners with good, wrong, old and unreadable certificates, and with none."""

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from gtm import Setup, Target
from gtm_plugins.http import Http, Https

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
NAME = "www.example.com"
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA(organization_name="House")


@pytest.fixture(scope="module")
def folder(authority, tmp_path_factory):
    made = tmp_path_factory.mktemp("authorities")
    authority.cert_pem.write_to_path(made / "ca.pem")
    return made


async def nowhere(host):
    raise OSError(f'"{host}" is not to be probed')


def context(certificate, seen_names=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(made)
    made.sni_callback = lambda _, name, __: None if seen_names is None else seen_names.append(name)
    return made


@contextlib.asynccontextmanager
async def serving(tls, says=OK, reads=b"\r\n\r\n"):
    end = asyncio.Event()

    async def answer(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if reads:
                await reader.readuntil(reads)
            if says is None:
                await end.wait()
            else:
                writer.write(says)
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # handshakes are broken off on purpose
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        end.set()
        server.close()


def probed(tls, folder=None, plugin=Https, timeout=5.0, name=NAME, served=None, **options):
    async def asked():
        async with serving(tls, **(served or {})) as port:
            made = plugin(plugin.Options(**options), Setup(folder=folder) if folder else Setup())
            return await made.probe(Target("127.0.0.1", port, name, timeout, nowhere))

    return asyncio.run(asked())


def verified(tls, folder, **options):
    return probed(tls, folder, verify=True, ca_file="ca.pem", **options)


def test_a_good_certificate_is_well_and_tls_is_timed_apart(authority, folder):
    seen = verified(context(authority.issue_cert(NAME)), folder)
    assert (seen.is_well, seen.reason, seen.warning) == (True, "status 200", "")
    assert [step for step, _ in seen.parts] == ["connect", "tls", "first_byte", "headers"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_of_tls_are_spoken(version, authority, folder):
    tls = context(authority.issue_cert(NAME))
    tls.maximum_version = tls.minimum_version = version
    assert verified(tls, folder).is_well
    assert verified(context(authority.issue_cert("other.example")), folder).reason == "certificate for other.example"


def test_an_address_is_verified_as_an_address(authority, folder):
    assert verified(context(authority.issue_cert("127.0.0.1")), folder, name="127.0.0.1").is_well
    seen = verified(context(authority.issue_cert("127.0.0.9")), folder, name="127.0.0.1")
    assert seen.reason == "certificate for 127.0.0.9"


def test_a_certificate_for_many_names_shows_some_of_them(authority, folder):
    certificate = authority.issue_cert(*(f"{letter}.example" for letter in "abcde"))
    assert verified(context(certificate), folder).reason == "certificate for a.example, b.example, c.example and 2 more"


def test_the_end_of_a_certificate_is_told_when_it_is_over(authority, folder):
    certificate = authority.issue_cert(
        NAME, not_before=datetime(2025, 1, 2, tzinfo=UTC), not_after=datetime(2026, 1, 2, tzinfo=UTC)
    )
    tls = context(certificate)
    assert verified(tls, folder).reason == "certificate expired on 2026-01-02"
    lenient = probed(tls)
    assert (lenient.is_well, lenient.warning) == (True, f"certificate for {NAME} expired on 2026-01-02")
    assert probed(tls, warn_days=0).warning == ""


def test_a_certificate_near_its_end_is_warned_of_verified_or_not(authority, folder):
    ends = NOW + timedelta(days=6, hours=1)
    tls = context(authority.issue_cert(NAME, not_after=ends))
    wanted = f"certificate for {NAME} ends in 6 days, on {ends.date()}"
    assert [verified(tls, folder).warning, probed(tls).warning] == [wanted, wanted]
    assert probed(tls, warn_days=5).warning == ""


def test_a_stranger_s_signature_names_the_signer(folder):
    stranger = trustme.CA(organization_name="Nobody")
    tls = context(stranger.issue_cert(NAME))
    seen = verified(tls, folder)
    assert seen.reason.startswith("certificate is signed by nobody known; its signer is ")
    assert "O=Nobody" in seen.reason
    assert probed(tls).is_well, "nothing is verified unless it is asked for (AMB-22)"


@pytest.mark.parametrize(
    ("sni", "host", "wanted"), [(True, NAME, NAME), (False, NAME, None), (True, "192.0.2.1", None)]
)
def test_the_server_is_told_the_name_where_it_is_one(sni, host, wanted, authority):
    told = []
    assert probed(context(authority.issue_cert(NAME), told), sni=sni, host=host).is_well
    assert told == [wanted]


@pytest.mark.parametrize(
    ("says", "wanted"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no TLS is spoken there"),
        (b"", "connection reset in TLS"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "TLS refused there: no cipher in common"),
        (b"\x15\x03\x03\x00\x02\x02\x50", "TLS failed: "),
        (b"\x00" * 9999, "no TLS is spoken there"),
    ],
    ids=["http", "reset", "no cipher", "alert", "zeroes"],
)
def test_what_speaks_no_tls_is_told_apart(says, wanted):
    assert probed(None, served={"says": says, "reads": b""}).reason.startswith(wanted)


def test_a_server_that_hangs_in_the_handshake_times_out_in_tls():
    seen = probed(None, timeout=0.2, served={"says": None, "reads": b""})
    assert seen.reason == "timed out after 0.2 s in TLS"


def test_a_server_that_hangs_after_the_handshake_is_told_from_that(authority):
    seen = probed(context(authority.issue_cert(NAME)), timeout=0.5, served={"says": None})
    assert seen.reason == "timed out after 0.5 s waiting for the first byte"


def test_a_certificate_that_does_not_parse_fails():
    """A ServerHello of TLS 1.2, and a certificate of nonsense."""

    def handshake(kind, body):
        message = bytes([kind]) + len(body).to_bytes(3) + body
        return b"\x16\x03\x03" + len(message).to_bytes(2) + message

    hello = handshake(2, b"\x03\x03" + b"r" * 32 + b"\x00" + b"\xc0\x2f" + b"\x00" + b"\x00\x05\xff\x01\x00\x01\x00")
    junk = b"\x30\x82\x01\x00nonsense"
    listed = len(junk).to_bytes(3) + junk
    says = hello + handshake(11, len(listed).to_bytes(3) + listed)
    seen = probed(None, served={"says": says, "reads": b""})
    assert (seen.is_well, seen.reason) == (False, "certificate does not parse")


def test_an_end_without_goodbye_is_an_end(authority):
    tls = context(authority.issue_cert(NAME))
    says = b"HTTP/1.1 200 OK\r\n\r\nok"
    assert probed(tls, served={"says": says}, body="ok").is_well
    assert probed(tls, served={"says": says}, body="no").reason == 'body lacks "no"'
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"
    assert probed(tls, served={"says": cut}, body="no").reason == "connection closed in the body"


def test_plain_http_may_lead_to_tls(authority):
    async def asked():
        async with serving(context(authority.issue_cert(NAME))) as secure:
            moved = f"HTTP/1.1 301 Moved\r\nLocation: https://{NAME}:{secure}/\r\n\r\n".encode()
            async with serving(None, moved) as port:
                return await Http(Http.Options(), Setup()).probe(Target("127.0.0.1", port, NAME, 5, nowhere))

    seen = asyncio.run(asked())
    assert (seen.is_well, seen.reason) == (True, "status 200 after 1 redirect")
    assert "tls" in dict(seen.parts)


def test_a_second_look_that_hangs_still_says_what_was_wrong_at_first(folder):
    """The probe looks again at a certificate that it does not trust; here nobody answers any more."""
    tls = context(trustme.CA().issue_cert(NAME))

    async def asked():
        incoming = asyncio.Queue()

        async def front(reader, writer):
            first = incoming.empty()
            await incoming.put(None)
            if first:
                with contextlib.suppress(OSError):
                    await writer.start_tls(tls)
            else:
                await reader.read()
            writer.close()

        server = await asyncio.start_server(front, "127.0.0.1", 0)
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        async with server:
            made = Https(Https.Options(verify=True, ca_file="ca.pem"), Setup(folder=folder))
            return await made.probe(Target("127.0.0.1", server.sockets[0].getsockname()[1], NAME, 0.5, nowhere))

    assert asyncio.run(asked()).reason == "certificate is signed by nobody known"
