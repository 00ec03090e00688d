"""Fetching a database: the new one takes the old one's place, or the old one stays as it was and the fault says why."""

import gzip
import io
import os
import socket
import tarfile
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request

import pytest
from maxminddb import open_database
from mmdb_writer import MMDBWriter, TreeWriter
from netaddr import IPSet

from gtm.control.geo import Login, Terms, UpdateFault, _Redirects, update

SECRET = "k3y-that-nobody-may-see"
Act = Callable[[BaseHTTPRequestHandler], None]


def database(tmp_path: Path, kind: str = "Test-City", epoch: int = 1700000000, country: object = "DE", **told) -> bytes:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True)
    if country:
        writer.insert_network(IPSet(["198.51.100.0/24"]), {"country": {"iso_code": country}})
    metadata = {
        "ip_version": 6,
        "database_type": kind,
        "languages": [],
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "description": {},
        "build_epoch": epoch,
    }
    path = tmp_path / "built"
    TreeWriter(writer.tree, metadata | told).write(str(path))
    return path.read_bytes()


def body(data: bytes, length: int | None = None) -> Act:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data) if length is None else length))
        handler.end_headers()
        handler.wfile.write(data)

    return act


def status(code: int, **headers: str) -> Act:
    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return act


class Site:
    """A web server whose pages are functions."""

    def __init__(self) -> None:
        self.pages: dict[str, Act] = {}
        self.logins: dict[str, str] = {}
        self.over = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                site.logins[path] = b64decode(self.headers.get("Authorization", "")[6:]).decode()
                site.pages.get(path, status(404))(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def url(self, path: str, act: Act | None = None) -> str:
        if act is not None:
            self.pages[path] = act
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site(monkeypatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    site = Site()
    yield site
    site.close()


@pytest.fixture
def target(tmp_path) -> Path:
    folder = tmp_path / "geodata"
    folder.mkdir()
    return folder / "city.mmdb"


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as made:
        for name, data in files.items():
            member = tarfile.TarInfo(f"GeoLite2-City_20260101/{name.replace('_', '.')}")
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "tar": lambda data: archive(LICENSE_txt=b"read me", City_mmdb=data),
}


@pytest.mark.parametrize("pack", PACKINGS.values(), ids=PACKINGS)
def test_a_good_database_takes_the_targets_place(site, target, tmp_path, pack) -> None:
    data = database(tmp_path)
    said = update(site.url("/good", body(pack(data))), target)
    assert target.read_bytes() == data
    assert said == f"{target} is now Test-City built 2023-11-14"
    assert [path.name for path in target.parent.iterdir()] == ["city.mmdb"]
    assert target.stat().st_mode & 0o777 == 0o644


def test_a_newer_database_replaces_an_older_one_by_rename(site, target, tmp_path) -> None:
    target.write_bytes(database(tmp_path))
    target.chmod(0o600)
    with target.open("rb") as held, open_database(target) as reader:
        said = update(site.url("/new", body(database(tmp_path, epoch=1700000001, country="FR"))), target)
        assert reader.get("198.51.100.7") == {"country": {"iso_code": "DE"}}  # who had it open goes on undisturbed
        assert held.read() != target.read_bytes()
    with open_database(target) as reader:
        assert reader.get("198.51.100.7") == {"country": {"iso_code": "FR"}}
    assert said.endswith("before it was built 2023-11-14")
    assert target.stat().st_mode & 0o777 == 0o600


def test_the_same_database_is_left_alone(site, target, tmp_path) -> None:
    target.write_bytes(database(tmp_path))
    before = target.stat()
    assert "is up to date: Test-City built 2023-11-14" in update(site.url("/same", body(target.read_bytes())), target)
    assert target.stat().st_ino == before.st_ino


def test_what_serves_nobody_may_be_replaced(site, target, tmp_path) -> None:
    target.write_bytes(b"garbage")
    update(site.url("/good", body(database(tmp_path))), target)
    assert target.read_bytes() == database(tmp_path)


def test_a_link_stays_and_what_it_leads_to_is_replaced(site, target, tmp_path) -> None:
    link = tmp_path / "link.mmdb"
    link.symlink_to(target)
    update(site.url("/good", body(database(tmp_path))), link)
    assert link.is_symlink()
    assert target.exists()


def refused(url: str, target: Path, **given) -> str:
    with pytest.raises(UpdateFault) as caught:
        update(url, target, **given)
    return str(caught.value)


Bad = Callable[[Path], bytes]
BAD: dict[str, tuple[Bad, str]] = {
    "garbage": (lambda _: b"<html>please log in</html>", "not a MaxMind database (.mmdb), or only a part of one"),
    "nothing": (lambda _: b"", "not a MaxMind database"),
    "half of it": (lambda path: database(path)[:-200], "not a MaxMind database"),
    "half of an archive": (lambda path: gzip.compress(os.urandom(999) + database(path))[:-99], "can't be unpacked"),
    "a damaged archive": (lambda _: b"\x1f\x8b" + b"x" * 99, "can't be unpacked"),
    "an archive without one": (lambda _: archive(LICENSE_txt=b""), "the archive holds 0 .mmdb files instead of one"),
    "an archive with two": (lambda p: archive(a_mmdb=database(p), b_mmdb=database(p)), "holds 2 .mmdb files"),
    "another type": (lambda path: database(path, kind="Test-ASN"), 'type is "Test-ASN", and "Test-City" stands there'),
    "older": (
        lambda path: database(path, epoch=1600000000),
        "was built 2020-09-13, and the one that stands there 2023-11-14",
    ),
    "of the future": (
        lambda path: database(path, epoch=4000000000),
        "build date is 2096-10-02, before 2010 or in the future",
    ),
    "of no date": (lambda path: database(path, epoch=2**63), "build date is 9223372036854775808 s since 1970"),
    "empty": (lambda path: database(path, country=None), "the database is empty"),
    "of another format": (lambda path: database(path, binary_format_major_version=3), "of a version that is not known"),
    "damaged inside": (
        lambda path: database(path).replace(b"\x47country", b"\xff\xff\xff\xff\xff\xff\xff\xff"),
        "is damaged",
    ),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_a_bad_database_changes_nothing(site, target, tmp_path, make: Bad, message: str) -> None:
    target.write_bytes(old := database(tmp_path))
    before = target.stat()
    assert message in refused(site.url("/bad", body(make(tmp_path))), target)
    assert target.read_bytes() == old
    assert target.stat().st_ino == before.st_ino
    assert [path.name for path in target.parent.iterdir()] == ["city.mmdb"]


def test_an_older_database_may_be_asked_for(site, target, tmp_path) -> None:
    target.write_bytes(database(tmp_path))
    update(site.url("/old", body(database(tmp_path, epoch=1600000000))), target, terms=Terms(allow_older=True))
    with open_database(target) as reader:
        assert reader.metadata().build_epoch == 1600000000


def test_a_type_may_be_asked_for(site, target, tmp_path) -> None:
    url = site.url("/good", body(database(tmp_path)))
    assert 'type is "Test-City"; one with "ASN" is wanted' in refused(url, target, terms=Terms(expect="ASN"))
    update(url, target, terms=Terms(expect="City"))


def stall(site: Site, begin: bytes) -> Act:
    """Say something, and then nothing until the test is over."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        handler.wfile.flush()
        site.over.wait(20)

    return act


def drip(site: Site, begin: bytes) -> Act:
    """Say one octet after the other, without end."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(begin)
        while not site.over.wait(0.02):
            try:
                handler.wfile.write(b"x")
            except OSError:
                return

    return act


HEAD = b"HTTP/1.0 200 OK\r\nContent-Length: 100000\r\n\r\n"
ACTS: dict[str, tuple[Callable[[Site], Act], dict[str, object], str]] = {
    "404": (lambda _: status(404), {}, "the server answers 404"),
    "401": (lambda _: status(401), {}, "the server answers 401; check the account and its key"),
    "304": (lambda _: status(304), {}, "the server answers 304"),
    "cut off": (lambda _: body(b"x" * 10, 100), {}, "10 octets came instead of 100"),
    "too large": (lambda _: body(b"x" * 2000), {"terms": Terms(limit=1000)}, "more than 1000 octets"),
    "too large unpacked": (lambda _: body(gzip.compress(b"x" * 2000)), {"terms": Terms(limit=1000)}, "when unpacked"),
    "silent": (lambda site: stall(site, b""), {"timeout": 0.2}, "the server was silent for 0.2 s"),
    "silent in the middle": (
        lambda site: stall(site, HEAD + b"x"),
        {"timeout": 0.2},
        "the server was silent for 0.2 s",
    ),
    "dripping": (lambda site: drip(site, HEAD), {"terms": Terms(deadline=0.3)}, "longer than 0.3 s in all"),
    "dripping headers": (lambda site: drip(site, b""), {"terms": Terms(deadline=0.3)}, "longer than 0.3 s in all"),
    "no HTTP": (lambda site: stall(site, b"220 ftp ready\r\n"), {}, "can't be fetched: BadStatusLine"),
    "to a file": (lambda _: status(302, Location="file:///etc/passwd"), {}, "302, a redirect that can't be followed"),
    "in a circle": (lambda _: status(302, Location="/act"), {}, "302, a redirect that can't be followed"),
}


@pytest.mark.parametrize(("make", "given", "message"), ACTS.values(), ids=ACTS)
def test_a_bad_server_changes_nothing(site, target, tmp_path, make, given, message: str) -> None:
    target.write_bytes(old := database(tmp_path))
    said = refused(site.url("/act", make(site)) + "?license_key=" + SECRET, target, **given)
    assert message in said
    assert SECRET not in said
    assert target.read_bytes() == old


def test_nobody_there_changes_nothing(target) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/x"
        assert refused(url, target) == "http://127.0.0.1/x can't be fetched: Connection refused"
    assert not target.exists()


def test_a_target_that_cannot_be_written_is_named(site, target, tmp_path) -> None:
    url = site.url("/good", body(database(tmp_path)))
    lost = target.parent / "none" / "city.mmdb"
    assert refused(url, lost) == f'"{lost}" can\'t be written: No such file or directory'
    assert "can't be written" in refused(url, target.parent)
    assert not list(target.parent.iterdir())


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("file:///etc/passwd", '"file" can\'t be fetched; give a URL that begins with https:// or http://'),
        ("ftp://example.com/x", '"ftp" can\'t be fetched'),
        ("/etc/passwd", "give a URL"),
        ("https:///x", "give a URL"),
        (f"https://me:{SECRET}@example.com/x", "apart from the URL"),
        (f"http://127.0.0.1/x?key={SECRET} y", "can't be fetched: InvalidURL"),
        (f"http://[{SECRET}/x", "no URL"),
        (f"http://127.0.0.1:{SECRET}/x", "no URL"),
    ],
)
def test_a_bad_url_is_refused_without_its_secrets(target, url: str, message: str) -> None:
    said = refused(url, target)
    assert message in said
    assert SECRET not in said


def test_the_login_goes_to_the_first_server_only(site, target, tmp_path) -> None:
    site.url("/storage", body(database(tmp_path)))
    url = site.url("/account", status(302, Location="/storage?signature=1"))
    update(url, target, login=Login("7", SECRET))
    assert site.logins == {"/account": f"7:{SECRET}", "/storage": ""}
    assert SECRET not in repr(Login("7", SECRET))


def test_a_redirect_from_https_to_http_is_refused() -> None:
    secure = Request("https://example.com/x")
    with pytest.raises(UpdateFault, match='redirects to "http"; it may to https only'):
        _Redirects().redirect_request(secure, io.BytesIO(), 302, "", None, "http://example.com/x")
