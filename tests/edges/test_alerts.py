"""Alerts on their way to real receivers on this machine: that answer well, badly, slowly or never, over TLS or not."""

import asyncio
import contextlib
import json
import logging
import ssl
import time
from dataclasses import replace
from random import Random
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult
from click.testing import CliRunner

from gtm import Alert, Setup
from gtm.cli.alerts import alerts
from gtm.config.loaded import Channel
from gtm.control.admin import Admin
from gtm.control.alertlog import AlertLog
from gtm.control.door import AlertQuery
from gtm.control.notifier import Notifier, Patience, Pending
from gtm_plugins.email import Email, NotSent
from gtm_plugins.webhook import NotTaken, Webhook
from gtm_plugins.webhook.message import Message, signed

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
FAILS = b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno"
ALERTS = tuple(
    Alert(event, subject, "status 503", 1780315203.25, f"{event}|{subject}", pools=("pool:hk",))
    for event, subject in (("address_down", "address:hk-1"), ("pool_down", "pool:hk"))
)
HASTE = Patience(one=2.0, first=0.01, longest=0.05, in_all=0.5)


class Receiver:
    """A web server that answers each request with octets, or by an own coroutine; it keeps what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=getattr(self, "tls", None))
        self.port = self.server.sockets[0].getsockname()[1]
        self.over = asyncio.Event()
        return self

    async def __aexit__(self, *_):
        self.over.set()
        self.server.close()
        await asyncio.sleep(0.02)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook/s3cret?token=s3cret"

    async def _serve(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines if line)
            body = await reader.readexactly(int(headers["content-length"]))
            self.requests.append((first.split()[1], headers, json.loads(body)))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if callable(answer):
                await answer(writer, self.over)
            else:
                writer.write(answer)
                await writer.drain()
        writer.close()


def answer(body, status=200, **headers):
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{lines}\r\n{body}".encode()


async def hang(writer, over):
    await over.wait()


def endless(start, more):
    async def run(writer, over):
        writer.write(start)
        while not over.is_set():
            writer.write(more)
            await writer.drain()
            await asyncio.sleep(0.001)

    return run


def hook(url, folder=None, **options):
    return Webhook(
        Webhook.Options(url=url, **{"timeout": 1.0} | options), Setup(**({"folder": folder} if folder else {}))
    )


def test_a_webhook_gets_documented_json_and_the_same_key_whenever_it_is_tried_again(tmp_path):
    async def main():
        (tmp_path / "token").write_text("Bearer s3cret\n")
        async with Receiver(FAILS, OK) as receiver:
            plugin = hook(receiver.url, tmp_path, headers={"X-Team": "dns"}, header_files={"Authorization": "token"})
            with pytest.raises(NotTaken, match=r"^status 500: no$"):
                await plugin.notify(ALERTS)
            await plugin.notify(ALERTS)
        return receiver.requests

    (_, one, first), (target, two, second) = asyncio.run(main())
    assert target == "/hook/s3cret?token=s3cret"
    assert first == second
    assert one["idempotency-key"] == two["idempotency-key"]
    assert (two["content-type"], two["x-team"], two["authorization"]) == ("application/json", "dns", "bearer s3cret")
    told = msgspec.convert(second, Message)
    assert [alert.subject for alert in told.alerts] == ["address:hk-1", "pool:hk"]


CASES = {
    "status": (FAILS, "json", "status 500: no"),
    "status and the URL": (answer("/hook/s3cret?token=s3cret\nand more", 403), "slack", "status 403: /hook/…?token=…"),
    "status and a page": (answer("<html>", 502, Content_Type="text/html"), "json", "status 502"),
    "status and no end": (endless(b"HTTP/1.1 500 X\r\n\r\n", b"x" * 1000), "json", "status 500"),
    "status and too little": (answer("no", 500).replace(b"Length: 2", b"Length: 9"), "json", "status 500"),
    "redirect": (answer("", 302, Location="http://127.0.0.1:1/"), "json", "status 302: redirects are not followed"),
    "hangs": (hang, "json", "no answer within 1 s"),
    "closes": (b"", "json", "connection closed without an answer"),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", "json", "no HTTP is spoken there"),
    "headers without end": (endless(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 1000), "json", "no HTTP is spoken there"),
    "robot says no": (answer('{"errcode":310000,"errmsg":"sign not match"}'), "dingtalk", "code 310000: sign not match"),
    "robot repeats the URL": (answer('{"errcode":1,"errmsg":"/hook/s3cret?token=s3cret"}'), "wecom", "code 1: /hook/…?token=…"),
    "robot without end": (
        endless(b"HTTP/1.1 200 OK\r\n\r\n", b" "), "feishu", "no answer within 1 s"
    ),
    "robot says too much": (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 70_000), "feishu", "the answer is no robot's"),
    "robot says nothing": (OK, "wecom", "the answer is no robot's"),
}  # fmt: skip


@pytest.mark.parametrize(("behaviour", "style", "words"), CASES.values(), ids=CASES)
def test_what_is_no_delivery_fails_in_time_with_words_and_without_a_secret(behaviour, style, words):
    async def main():
        async with Receiver(behaviour) as receiver:
            began = asyncio.get_running_loop().time()
            with pytest.raises(NotTaken) as fault:
                await hook(receiver.url, style=style).notify(ALERTS)
            return str(fault.value), asyncio.get_running_loop().time() - began

    said, seconds = asyncio.run(main())
    assert said.startswith(words)
    assert "s3cret" not in said
    assert "<" not in said
    assert seconds < 3


@pytest.mark.parametrize(("said", "after"), [("7", 7), ("soon", 0), ("-1", 0), ("9" * 9, 0), ("", 0)])
def test_a_receiver_that_says_when_it_may_be_tried_again_is_heard(said, after):
    async def main():
        async with Receiver(answer("slow down", 429, Retry_After=said)) as receiver:
            with pytest.raises(NotTaken, match=r"^status 429: slow down$") as fault:
                await hook(receiver.url, style="slack").notify(ALERTS)
        assert fault.value.after == after

    asyncio.run(main())


def test_a_chat_is_told_no_more_often_than_it_listens(monkeypatch):
    monkeypatch.setattr("gtm_plugins.webhook.PAUSES", {"slack": 0.2})

    async def main(style):
        async with Receiver(OK) as receiver:
            plugin, began = hook(receiver.url, style=style), asyncio.get_running_loop().time()
            for _ in range(3):
                await plugin.notify(ALERTS)
            return asyncio.get_running_loop().time() - began

    assert asyncio.run(main("slack")) >= 0.4
    assert asyncio.run(main("json")) < 0.4


def test_a_status_is_enough_for_a_program_whose_answer_never_ends():
    async def main():
        async with Receiver(endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000)) as receiver:
            await hook(receiver.url).notify(ALERTS)

    asyncio.run(main())


def test_nobody_there_is_said_in_words():
    async def main():
        with pytest.raises(NotTaken, match=r"^connection refused$"):
            await hook("http://127.0.0.1:1/s3cret").notify(ALERTS)

    asyncio.run(main())


@pytest.mark.parametrize("style", ["dingtalk", "feishu"])
def test_a_robot_can_check_the_signature(style, monkeypatch):
    monkeypatch.setenv("ROBOT_SECRET", "SECret")

    async def main():
        async with Receiver(answer('{"errcode":0,"code":0}')) as receiver:
            await hook(receiver.url, style=style, secret_env="ROBOT_SECRET").notify(ALERTS)
        return receiver.requests[0]

    target, _, body = asyncio.run(main())
    given = dict(parse_qsl(urlsplit(target).query)) if style == "dingtalk" else body
    seconds = int(given["timestamp"]) / (1000 if style == "dingtalk" else 1)
    assert given["sign"] == signed(style, "SECret", seconds)["sign"]
    if style == "dingtalk":
        assert given["token"] == "s3cret"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = trustme.CA()
    made.file = tmp_path_factory.mktemp("ca") / "ca.pem"
    made.cert_pem.write_to_path(made.file)
    return made


def serving(authority, name="127.0.0.1"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("127.0.0.1", {"ca": True}, None),
        ("127.0.0.1", {}, "certificate is signed by nobody known"),
        ("192.0.2.1", {"ca": True}, "certificate is for another address"),
        ("192.0.2.1", {"verify": False}, None),
    ],
)
def test_over_tls_the_receiver_must_be_who_it_says(authority, name, options, words):
    options = {"verify": options.get("verify", True)} | ({"ca_file": str(authority.file)} if "ca" in options else {})

    async def main():
        receiver = Receiver(OK)
        receiver.tls = serving(authority, name)
        async with receiver:
            plugin = hook(receiver.url.replace("http:", "https:"), **options)
            if words is None:
                await plugin.notify(ALERTS)
                return
            with pytest.raises(NotTaken, match=words):
                await plugin.notify(ALERTS)

    asyncio.run(main())


@contextlib.asynccontextmanager
async def notifying(plugin, log, patience=HASTE):
    channel = Channel("hook-1", plugin.label(), frozenset(), None, plugin.notify)
    notifier = Notifier([channel], log, Random(7), patience)
    task = asyncio.create_task(notifier.run(0.5))
    try:
        yield notifier
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition, seconds=10):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  what is waited for tells nobody
            await asyncio.sleep(0.005)


def test_a_receiver_that_fails_for_its_hour_is_given_up_with_a_line_and_without_a_secret(tmp_path, caplog):
    async def main():
        log = AlertLog(tmp_path)
        async with Receiver(FAILS) as receiver, notifying(hook(receiver.url), log) as notifier:
            log.add(ALERTS)
            notifier.send("hook-1", ALERTS)
            await until(lambda: not notifier.waiting)
            assert 5 < len(receiver.requests) < 60
        found = await log.query(AlertQuery())
        log.close()
        return found, receiver.port

    with caplog.at_level(logging.DEBUG, "gtm"):
        (*told, lost), port = asyncio.run(main())
    assert lost.reason == "2 alerts are lost: status 500: no"
    assert {entry.outcomes for entry in told} == {(f"given up on webhook 127.0.0.1:{port}: status 500: no",)}
    assert "s3cret" not in caplog.text
    assert "s3cret" not in "".join(path.read_text() for path in (tmp_path / "alerts").iterdir())


def test_alerts_that_wait_are_delivered_once_after_a_restart_in_order(tmp_path):
    async def main():
        log = AlertLog(tmp_path)
        batches = [(alert,) for alert in ALERTS]
        async with Receiver(FAILS, FAILS, FAILS, OK) as receiver:
            log.add(ALERTS)
            async with notifying(hook(receiver.url), log) as notifier:
                for number, batch in enumerate(batches):
                    notifier.send("hook-1", batch)
                    await until(lambda number=number: len(receiver.requests) > number)
            saved = msgspec.json.encode(notifier.pending)
            tries = len(receiver.requests)
            async with notifying(hook(receiver.url), log) as again:
                again.restore(msgspec.json.decode(saved, type=Pending))
                await until(lambda: not again.waiting)
        found = await log.query(AlertQuery())
        log.close()
        return receiver.requests, tries, found

    requests, tries, found = asyncio.run(main())
    assert 2 <= tries <= 3
    taken = [body["alerts"][0]["key"] for _, _, body in requests[3:]]
    assert taken == [alert.key for alert in ALERTS]
    assert [len(entry.outcomes) for entry in found] == [1, 1]


def test_a_receiver_that_hangs_keeps_nobody_else_waiting_and_not_for_ever():
    async def main():
        log = AlertLog(None)
        patience = Patience(one=0.1, first=0.01, longest=0.05, in_all=0.3)
        async with Receiver(hang) as receiver, notifying(hook(receiver.url), log, patience) as notifier:
            notifier.send("hook-1", ALERTS)
            await until(lambda: not notifier.waiting)
        return log.find(AlertQuery())

    (lost,) = asyncio.run(main())
    assert lost.reason == "2 alerts are lost: not done within 0.1 s"


class Post:
    """What a mail server does with a mail."""

    def __init__(self, refused=()):
        self.mails, self.refused = [], refused

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  aiosmtpd's name
        if address in self.refused:
            return "550 no s3cret such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd's name
        self.mails.append((envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content.decode(), session.ssl))
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"gtm", b"s3cret"))


@contextlib.asynccontextmanager
async def mail_server(handler, tls=None, start_tls=None, **options):
    loop = asyncio.get_running_loop()
    made = []

    def protocol():
        made.append(SMTP(handler, loop=loop, hostname="localhost", tls_context=start_tls, **options))
        return made[-1]

    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for served in made:
            if served.transport:
                served.transport.abort()
        await asyncio.sleep(0.02)


def mailing(port, folder=None, **options):
    given = {"sender": "gtm <gtm@example.com>", "to": ("noc@example.com", "ops@example.com"), "timeout": 2.0} | options
    return Email(Email.Options(server=f"127.0.0.1:{port}", **given), Setup(**({"folder": folder} if folder else {})))


@pytest.mark.parametrize("tls", ["starttls", "tls", "none"])
def test_a_mail_arrives_over_every_kind_of_connection(tls, authority, tmp_path):
    (tmp_path / "password").write_text("s3cret\n")
    options = {"user": "gtm", "password_file": "password"} if tls != "none" else {}
    serves = {
        "starttls": {"start_tls": serving(authority), "require_starttls": True},
        "tls": {"tls": serving(authority), "auth_require_tls": False},
        "none": {},
    }[tls]
    if options:
        serves["authenticator"] = login

    async def main():
        post = Post()
        async with mail_server(post, **serves) as port:
            await mailing(port, tmp_path, tls=tls, ca_file=str(authority.file), **options).notify(ALERTS)
        return post.mails

    ((sender, receivers, text, _),) = asyncio.run(main())
    assert (sender, receivers) == ("gtm@example.com", ("noc@example.com", "ops@example.com"))
    assert "Subject: [gtm] pool:hk is down (and 1 more)" in text
    assert "address:hk-1 is down: status 503" in text


MAIL_FAULTS = {
    "no STARTTLS offered": ({}, {}, "STARTTLS"),
    "wrong authority": ({"start_tls": True}, {"ca_file": None}, "certificate is signed by nobody known"),
    "wrong password": (
        {"start_tls": True, "authenticator": lambda *_: AuthResult(success=False, handled=False)},
        {"user": "gtm", "password_file": "password"},
        "the server says 535",
    ),
    "everybody refused": ({"start_tls": True}, {"to": ("gone@example.com",)}, "the server says 550 no .* such user"),
}


@pytest.mark.parametrize(("serves", "options", "words"), MAIL_FAULTS.values(), ids=MAIL_FAULTS)
def test_a_mail_that_is_not_taken_fails_with_words_and_without_a_secret(serves, options, words, authority, tmp_path):
    (tmp_path / "password").write_text("s3cret\n")
    serves = serves | ({"start_tls": serving(authority)} if "start_tls" in serves else {})

    async def main():
        post = Post(refused=("gone@example.com",))
        async with mail_server(post, **serves) as port:
            with pytest.raises(NotSent, match=words) as fault:
                await mailing(port, tmp_path, **{"ca_file": str(authority.file)} | options).notify(ALERTS)
        assert not post.mails
        return str(fault.value)

    said = asyncio.run(main())
    assert "password_file" not in options or "s3cret" not in said


def test_a_mail_that_some_receivers_are_refused_is_not_sent_again(authority, caplog):
    async def main():
        post = Post(refused=("ops@example.com",))
        async with mail_server(post, start_tls=serving(authority)) as port:
            await mailing(port, ca_file=str(authority.file)).notify(ALERTS)
        return post.mails

    ((_, receivers, _, _),) = asyncio.run(main())
    assert receivers == ("noc@example.com",)
    assert "1 of 2 receivers were refused: ops@example.com: 550" in caplog.text


async def hangs_at_quit(reader, writer, mails):
    """Serve mail, and never answer QUIT."""
    writer.write(b"220 mail\r\n")
    while line := await reader.readline():
        if line.startswith(b"DATA"):
            writer.write(b"354 go on\r\n")
            mails.append(await reader.readuntil(b"\r\n.\r\n"))
        if not line.startswith(b"QUIT"):
            writer.write(b"250 OK\r\n")
    writer.close()


def test_a_mail_that_was_taken_is_delivered_whatever_becomes_of_the_goodbye():
    async def main():
        mails = []
        server = await asyncio.start_server(lambda *ends: hangs_at_quit(*ends, mails), "127.0.0.1", 0)
        await mailing(server.sockets[0].getsockname()[1], tls="none", timeout=0.5).notify(ALERTS)
        server.close()
        await asyncio.sleep(0.02)
        return mails

    assert len(asyncio.run(main())) == 1


@pytest.mark.parametrize("says", [b"", b"220 mail.example.com\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"], ids=repr)
def test_a_mail_server_that_goes_silent_is_left_in_time(says):
    async def main():
        over = asyncio.Event()

        async def serve(reader, writer):
            writer.write(says)
            await over.wait()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        began = asyncio.get_running_loop().time()
        with pytest.raises(NotSent) as fault:
            await mailing(server.sockets[0].getsockname()[1], timeout=0.3).notify(ALERTS)
        seconds = asyncio.get_running_loop().time() - began
        over.set()
        server.close()
        await asyncio.sleep(0.02)
        return str(fault.value), seconds

    said, seconds = asyncio.run(main())
    assert said
    assert seconds < 2


def test_no_mail_server_there_is_said_in_words():
    async def main():
        with pytest.raises(NotSent, match="connection refused"):
            await mailing(1).notify(ALERTS)

    asyncio.run(main())


class Source:
    """What the admin door is asked for here: the log alone."""

    def __init__(self, log):
        self.alerts = log.query


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (
            [],
            0,
            ["address_down address:hk-1: status 503", "delivered to webhook hooks.example.com", "pool_down pool:hk"],
        ),
        (["--pool", "hk", "--event", "pool_*"], 0, ["pool_down pool:hk (3 changes): status 503"]),
        (["--since", "1h"], 0, ["pool_down"]),
        (["--since", "2026-06-01T12:00Z", "--until", "2026-06-01T12:01Z"], 0, ["address_down"]),
        (["--limit", "1"], 0, ["pool_down", "the newest 1; say --limit"]),
        (["--pool", "sg"], 0, ["no alerts"]),
        (["--since", "yesterday"], 2, ['"yesterday" is no time; write one such as 2h']),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_gtm_alerts_asks_the_admin_door(words, code, shown):
    now = time.time()
    noted = (
        replace(ALERTS[0], moment=1780315203.25),
        replace(ALERTS[1], moment=now - 60, flaps=3, key="other"),
    )

    async def main():
        log = AlertLog(None)
        log.add(noted)
        log.outcome(noted[:1], "delivered to webhook hooks.example.com")
        admin = Admin(Source(log), ("127.0.0.1", 0), None)
        await admin.start()
        try:
            command = [*words, "--admin", f"127.0.0.1:{admin.address[1]}"]
            command += [] if "--since" in words else ["--since", "2026-06-01T00:00Z"]
            return await asyncio.to_thread(CliRunner().invoke, alerts, command)
        finally:
            await admin.close()

    told = asyncio.run(main())
    assert told.exit_code == code, told.output
    place = 0
    for line in shown:
        place = told.output.index(line, place)


def test_gtm_alerts_prints_json_for_programs():
    async def main():
        log = AlertLog(None)
        log.add(ALERTS)
        admin = Admin(Source(log), ("127.0.0.1", 0), None)
        await admin.start()
        try:
            command = ["--json", "--since", "2026-06-01T00:00Z", "--admin", f"127.0.0.1:{admin.address[1]}"]
            return await asyncio.to_thread(CliRunner().invoke, alerts, command)
        finally:
            await admin.close()

    found = json.loads(asyncio.run(main()).output)
    assert [entry["subject"] for entry in found] == ["address:hk-1", "pool:hk"]
