"""No secret of a Corefile reaches the log, the admin door, or what is kept on disk, not even when things go wrong."""

import json
import urllib.error
import urllib.request

import pytest

COREFILE = """
[server]
listen = ["127.0.0.1:0"]
admin = "127.0.0.1:0"
admin_token_file = "token"
state = "state"

[[zone]]
name = "example.com"
chain = ["health", "round_robin", "ttl", "rescue"]

[templates.closed]
protocol = "http"
port = 9
interval = 0.2
timeout = 0.2
headers = {{ Authorization = "Bearer SECRET-OF-THE-PROBE" }}

[pools.a]
checks = ["closed"]
addresses = ["127.0.0.9"]

[[domain]]
name = "www.example.com"
type = "A"
pools = ["a"]

[[alert]]
webhook = {{ url = "http://user:SECRET-PASSWORD@127.0.0.1:{port}/SECRET-PATH?key=SECRET-QUERY", header_files = {{ X-Key = "key" }} }}

[[alert]]
email = {{ server = "127.0.0.1:{port}", tls = "none", from = "gtm@example.com", to = ["ops@example.com"], user = "gtm", password_file = "key" }}
"""
TOKEN = "SECRET-TOKEN-0123456789"


def asked(address, path, token=TOKEN):
    request = urllib.request.Request(f"{address}{path}", headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=10) as reply:
        return reply.read().decode()


def refused(address, path, token):
    with pytest.raises(urllib.error.HTTPError) as fault:
        asked(address, path, token)
    assert fault.value.code == 401
    with fault.value as reply:
        return reply.read().decode()


def test_no_secret_is_told(outside, tmp_path):
    for name, text in (("token", TOKEN), ("key", "SECRET-IN-A-FILE-0123456789")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "Corefile.toml").write_text(COREFILE.format(port=1))  # nobody listens there
    server = outside(tmp_path / "Corefile.toml")
    address = server.wait_for(r"admin door at (http://\S+)")[1]
    assert server.port
    # both deliveries have failed once
    server.wait_for(r"webhook 127\.0\.0\.1.*trying again")
    server.wait_for(r"email .*trying again")
    pages = [asked(address, path) for path in ("/status", "/metrics", "/alerts", "/overrides", "/healthz", "/readyz")]
    assert json.loads(pages[2])[0]["event"] == "address_down"
    pages += [refused(address, "/status", token) for token in (None, "SECRET-BUT-WRONG")]
    server.stop()
    pages += server.lines
    kept = tmp_path / "state" / "last-good"  # copies of the files themselves
    assert kept.stat().st_mode & 0o077 == 0
    files = (file for file in (tmp_path / "state").rglob("*") if file.is_file())
    pages += [file.read_text() for file in files if not file.is_relative_to(kept)]
    assert [page for page in pages if "SECRET" in page] == []
