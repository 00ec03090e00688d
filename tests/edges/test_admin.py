"""The admin door on a real socket: who is let in, what is answered, and what nobody can do to it."""

import asyncio
import contextlib
import http.client
import json
import socket
import threading
import time
from itertools import pairwise
from random import Random

import pytest

from gtm.cli.admin import Admin as Client
from gtm.cli.admin import NoAnswer, NotDone
from gtm.control import admin, door, gate
from gtm.control.admin import Admin
from gtm.control.exposition import Now
from gtm.control.metrics import Metrics
from tests.control.viewing import NOON, checked, domain, loaded, pair, pool, seen, view

TOKEN = "a-token-of-thirty-two-characters"
JSON = {"Content-Type": "application/json"}


class Control:
    """Somebody who does what is asked for at the door."""

    def __init__(self, looked):
        self.looked, self.metrics, self.reason = looked, Metrics(), None
        self.done, self.drilling, self.drills = [], threading.Event(), 0

    def ready(self):
        return self.reason

    def view(self):
        return self.looked

    def measured(self):
        return self.metrics.taken(Now(NOON, members=tuple(self.looked.standings)))

    def overrides(self):
        return ()

    async def alerts(self, query):
        return [query]

    async def override(self, request):
        if "hk" in request.on[0]:
            raise door.Refused("pool:hk would keep 0 of 2 addresses available")
        if "broken" in request.on[0]:
            raise OSError("the disk is full of a-secret")
        await asyncio.sleep(0.2)
        self.done.append(request)
        return {"on": request.on}

    async def release(self, request):
        self.done.append(request)
        return {"on": request.on}

    async def drill(self, request):
        self.drilling.set()
        self.drills += 1
        try:
            await asyncio.sleep(60)
        finally:
            self.done.append(request)

    async def reload(self, request):
        return door.Reloaded(is_taken=False, lines=("Corefile.toml:3: [server] lisen: no such key",))


class Standing:
    """A door that stands open on a thread of this process."""

    def __init__(self, control, token):
        self.control, self.loop = control, asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.admin = self.run(self._made(token))
        self.port = self.admin.address[1]

    async def _made(self, token):
        made = Admin(self.control, ("127.0.0.1", 0), token)
        await made.start()
        return made

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def ask(self, method, path, body=None, **headers):
        """Ask once, and give the status, the head and the body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers=headers)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()

    def call(self, octets, seconds=10):
        """Send octets, and give the connection."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=seconds)
        connection.sendall(octets)
        return connection

    def stop(self):
        self.run(self.admin.close())
        self.run(asyncio.sleep(0))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def opened():
    with contextlib.ExitStack() as stack:

        def make(looked=None, token=None):
            made = Standing(Control(looked or view(pair(), seen("192.0.2.1"))), token)
            stack.callback(made.stop)
            return made

        yield make


def until(claim, seconds=10):
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end
        time.sleep(0.01)


def routes(standing):
    return [
        (route.method, route.resource.canonical)
        for route in standing.admin._runner.app.router.routes()
        if route.method != "HEAD"
    ]


def test_with_a_token_nothing_is_answered_without_it_not_even_that_a_path_is_unknown(opened):
    standing = opened(token=TOKEN)
    every = [*routes(standing), ("GET", "/"), ("GET", "/nothing"), ("PUT", "/status"), ("OPTIONS", "/drill")]
    assert len(every) == 15
    for method, path in every:
        for said in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Basic {TOKEN}"},
            {"Authorization": TOKEN},
        ):
            status, head, body = standing.ask(method, path, b"{}", **JSON, **said)
            assert (method, path, status) == (method, path, 401)
            assert head["WWW-Authenticate"] == "Bearer"
            assert TOKEN.encode() not in body
    assert standing.ask("GET", "/healthz", Authorization=f"Bearer {TOKEN}")[0] == 200
    assert standing.ask("GET", "/nothing", Authorization=f"bearer {TOKEN}")[0] == 404
    assert standing.control.done == []


@pytest.mark.parametrize(("method", "path"), [("GET", "/status"), ("POST", "/overrides"), ("GET", "/nothing")])
def test_a_name_that_may_have_been_rebound_is_not_let_in(opened, method, path):
    standing = opened()
    status, _, body = standing.ask(method, path, b"{}", Host="rebound.example", **JSON)
    assert (status, "localhost" in json.loads(body)["error"]) == (421, True)
    assert standing.ask("GET", "/status", Host=f"localhost:{standing.port}")[0] == 200


def test_with_a_token_the_door_goes_by_any_name_for_no_page_has_the_token(opened):
    standing = opened(token=TOKEN)
    assert standing.ask("GET", "/metrics", Host="gtm-1.example.com:8053")[0] == 401
    assert standing.ask("GET", "/metrics", Host="gtm-1.example.com:8053", Authorization=f"Bearer {TOKEN}")[0] == 200


def test_a_check_over_http_1_0_names_no_host_and_is_answered(opened):
    standing = opened()
    with standing.call(b"GET /readyz HTTP/1.0\r\n\r\n") as connection:
        assert connection.recv(100).startswith(b"HTTP/1.0 200")
    with standing.call(b"GET /readyz HTTP/1.0\r\nHost: rebound.example\r\n\r\n") as connection:
        assert connection.recv(100).startswith(b"HTTP/1.0 421")


def test_what_changes_something_must_be_json(opened):
    standing = opened()
    changing = [(method, path) for method, path in routes(standing) if method != "GET"]
    assert len(changing) == 4
    for method, path in changing:
        for kind in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"}):
            assert standing.ask(method, path, b'{"on": ["pool:sg"]}', **kind)[0] == 415
    assert standing.control.done == []


def test_every_answer_is_json_without_a_version_and_not_to_be_guessed_at(opened):
    standing = opened()
    for method, path in [*routes(standing), ("GET", "/nothing"), ("DELETE", "/status")]:
        if path == "/drill":
            continue
        status, head, body = standing.ask(method, path, b"{", **JSON)
        assert head["X-Content-Type-Options"] == "nosniff"
        assert head["Server"] == "gtm"
        assert (head["Content-Type"] == "application/json") is (path != "/metrics")
        if path != "/metrics":
            assert ("error" in json.loads(body)) is (status != 200)


def test_ready_says_why_when_it_is_not(opened):
    standing = opened()
    assert standing.ask("GET", "/readyz")[0] == 200
    standing.control.reason = "the first round of probes is under way"
    status, _, body = standing.ask("GET", "/readyz")
    assert (status, json.loads(body)) == (503, {"error": "the first round of probes is under way"})
    assert standing.ask("GET", "/healthz")[0] == 200


def test_requests_are_handed_through_and_refusals_come_back_in_words(opened):
    standing = opened()
    client = Client("127.0.0.1", standing.port)
    assert client.post("/overrides", {"on": ["pool:sg"], "word": "drain", "by": "ann"}) == {"on": ["pool:sg"]}
    assert client.delete("/overrides", {"on": ["*"]}) == {"on": ["*"]}
    wanted = door.OverrideRequest(on=("pool:sg",), word="drain", by="ann")
    assert standing.control.done == [wanted, door.ReleaseRequest(on=("*",))]
    assert client.get("/alerts", pool="hk", since=5, text=None)[0]["pool"] == "hk"
    assert client.get("/overrides") == []
    assert [each["name"] for each in client.get("/status", name=("sg",))["domains"][0]["pools"]] == ["sg"]
    with pytest.raises(NotDone) as refused:
        client.post("/overrides", {"on": ["pool:hk"], "word": "drain"})
    assert refused.value.message == "pool:hk would keep 0 of 2 addresses available"
    assert refused.value.exit_code == 1
    with pytest.raises(NotDone, match=r"goes on\nCorefile.toml:3: .server. lisen: no such key"):
        client.post("/reload", {})
    with pytest.raises(NotDone, match=r"the request is not understood: .* unknown field `form`"):
        client.post("/drill", {"on": "x", "form": 1})


def test_a_fault_of_ours_is_told_without_its_inside(opened, caplog):
    status, _, body = opened().ask("POST", "/overrides", b'{"on": ["broken"], "word": "up"}', **JSON)
    assert status == 500
    assert b"a-secret" not in body
    assert "POST /overrides" in caplog.text


def test_no_path_reaches_a_file(opened):
    standing = opened()
    for path in (
        "/../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/status/../../etc/passwd",
        "//etc/passwd",
        "/etc/passwd",
        "/.",
    ):
        assert standing.ask("GET", path)[0] == 404


def test_a_body_that_is_too_long_is_refused(opened):
    standing = opened()
    body = json.dumps({"on": ["pool:sg"], "word": "drain", "reason": "x" * admin.BODY}).encode()
    assert standing.ask("POST", "/overrides", body, **JSON)[0] == 413
    assert standing.control.done == []


@pytest.mark.parametrize(
    "head",
    [b"GET /" + b"x" * 9000, b"GET / HTTP/1.1\r\nHost: " + b"x" * 9000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 65],
    ids=["a long line", "a long field", "many fields"],
)
def test_a_head_that_is_too_long_is_refused(opened, head):
    standing = opened()
    with standing.call(head + b"\r\n\r\n") as connection:
        reply = http.client.HTTPResponse(connection)
        reply.begin()
        assert reply.status == 400
        assert reply.headers["Server"] == "gtm"
    assert standing.ask("GET", "/healthz")[0] == 200


def test_no_octets_end_it(opened):
    standing = opened()
    chance = Random(7)
    whole = (
        b"POST /overrides HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )
    for _ in range(200):
        octets = bytearray(whole)
        for _ in range(chance.randrange(1, 8)):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        standing.call(bytes(octets[: chance.randrange(len(octets))])).close()
    until(lambda: not standing.admin._runner.server.connections)
    assert standing.ask("GET", "/healthz")[0] == 200


def test_who_dawdles_is_hung_up_on(opened, monkeypatch):
    monkeypatch.setattr(gate, "IDLE", 0.3)
    monkeypatch.setattr(admin, "PATIENCE", 0.3)
    standing = opened()
    silent = standing.call(b"")
    slow = standing.call(b"GET /healthz HTTP/1.1\r\nHost: 127")
    head = (
        b"POST /overrides HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    )
    short = standing.call(head)
    assert silent.recv(100) == b""
    assert slow.recv(100) == b""
    assert short.recv(1000).startswith(b"HTTP/1.1 408")
    for connection in (silent, slow, short):
        connection.close()


def test_who_does_not_read_is_hung_up_on(opened, monkeypatch):
    monkeypatch.setattr(admin, "PATIENCE", 0.3)
    shared = pool("shared", *(checked(f"192.0.2.{each}") for each in range(1, 100)))
    standing = opened(view(loaded(*(domain(f"d{each}.example.com", shared) for each in range(200)))))
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", standing.port))
        connection.sendall(b"GET /status?limit=1000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        until(lambda: standing.admin._runner.server.connections)
        until(lambda: not standing.admin._runner.server.connections)


ASK = "{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}"


def test_connections_that_ask_for_nothing_keep_nobody_out_and_the_oldest_goes_first(opened):
    standing = opened()
    begun = [b"", b"GET /healthz HTTP/1.1\r\nHost: 127", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"]
    idle = [standing.call(begun[place % 3]) for place in range(gate.MOST)]
    until(lambda: len(standing.admin._runner.server.connections) == gate.MOST)
    assert standing.ask("GET", "/healthz")[0] == 200
    assert idle[0].recv(100) == b""
    idle[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert idle[-1].recv(100).startswith(b"HTTP/1.1 200")
    for connection in idle:
        connection.close()


def test_when_as_many_are_answered_as_may_be_others_are_turned_away_and_later_ones_let_in(opened):
    standing = opened()
    body = '{"on": "pool:hk"}'
    busy = [standing.call(ASK.format("POST", "/drill", len(body), body).encode()) for _ in range(gate.MOST)]
    until(lambda: standing.control.drills == gate.MOST)
    assert standing.ask("GET", "/healthz")[0] == 503
    for connection in busy:
        connection.close()
    until(lambda: not standing.admin._runner.server.connections)
    assert standing.ask("GET", "/healthz")[0] == 200


def test_a_drill_ends_when_who_asked_for_it_hangs_up(opened):
    standing = opened()
    body = '{"on": "pool:hk"}'
    connection = standing.call(ASK.format("POST", "/drill", len(body), body).encode())
    assert standing.control.drilling.wait(10)
    connection.close()
    until(lambda: standing.control.done == [door.DrillRequest(on="pool:hk")])


def test_any_other_change_is_finished_though_who_asked_for_it_hangs_up(opened):
    standing = opened()
    body = '{"on": ["pool:sg"], "word": "drain"}'
    connection = standing.call(ASK.format("POST", "/overrides", len(body), body).encode())
    until(lambda: standing.admin._doing)
    connection.close()
    until(lambda: standing.control.done)


def test_a_huge_status_keeps_nobody_waiting(opened):
    pools = [pool(f"p{each}", checked(f"198.18.{each // 250}.{each % 250}")) for each in range(2000)]
    made = loaded(*(domain(f"d{each}.example.com", pools[each % 2000]) for each in range(10_000)))
    standing = opened(view(made))
    turns = []

    async def tick():
        while True:
            turns.append(time.perf_counter())
            await asyncio.sleep(0.001)

    def turned():
        before = len(turns)
        until(lambda: len(turns) > before)

    ticking = asyncio.run_coroutine_threadsafe(tick(), standing.loop)
    turned()
    begun = time.perf_counter()
    status, _, body = standing.ask("GET", "/status?limit=1000")
    took = time.perf_counter() - begun
    turned()
    ticking.cancel()
    assert (status, json.loads(body)["total"]) == (200, 10_000)
    longest = max(after - before for before, after in pairwise(turns))
    assert longest < max(0.1, took * 0.8), f"the loop stood still for {longest:.3f} of {took:.3f} s"


def test_a_client_says_in_words_why_it_gets_no_answer(opened):
    standing = opened(token=TOKEN)
    for token, words in ((None, "asks for a token"), ("wrong", "asks for another token")):
        with pytest.raises(NoAnswer, match=words):
            Client("127.0.0.1", standing.port, token).get("/status")
    assert Client("127.0.0.1", standing.port, TOKEN).get("/healthz") == {"alive": True}
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(NoAnswer, match=rf"nothing answers at 127\.0\.0\.1:{port}; is gtm serve running\?"):
        Client("127.0.0.1", port).get("/status")


@pytest.mark.parametrize(
    "said",
    [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", b""],
    ids=["ssh", "http", "nothing"],
)
def test_a_client_tells_when_something_else_answers(said):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(NoAnswer) as told:
            Client(*listener.getsockname()).get("/status")
        thread.join()
    assert told.value.exit_code == 2
    assert ("no admin door" if said else "hung up") in told.value.message
