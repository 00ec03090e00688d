"""Behind a proxy that others wrote: dnsdist speaks for clients by the PROXY protocol, and each is answered by where it is."""

import shutil
import socket
import subprocess

import dns.message
import dns.query
import pytest

from tests.edges.conftest import until

pytestmark = pytest.mark.skipif(not shutil.which("dnsdist"), reason="dnsdist is not installed")
COREFILE = """
[server]
listen = ["127.0.0.1:0"]
proxy = ["127.0.0.1/32"]

[lines.office]
networks = ["127.0.0.2/32"]

[[zone]]
name = "example.com"
chain = ["lines", "nearest", "round_robin", { use = "zone", records = '''
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 192.0.2.53
''' }]

[pools.here]
addresses = ["192.0.2.1"]

[pools.there]
addresses = ["192.0.2.2"]

[[domain]]
name = "www.example.com"
type = "A"
policy = "nearest"
pools = [{ pool = "here", lines = ["office"] }, { pool = "there", lines = ["default"] }]
"""
DISTRIBUTION = """
setLocal("127.0.0.1:{port}")
addACL("127.0.0.0/8")
newServer({{address="127.0.0.1:{server}", useProxyProtocol=true, healthCheckMode="up"}})
"""


@pytest.fixture
def port(tmp_path, inside):
    path = tmp_path / "Corefile.toml"
    path.write_text(COREFILE)
    server = inside(path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = tmp_path / "dnsdist.conf"
    settings.write_text(DISTRIBUTION.format(port=port, server=server.port))
    command = ["dnsdist", "--supervised", "--disable-syslog", "-C", str(settings)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: answers(port))
            yield port
        finally:
            process.terminate()


def answers(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("ask", [dns.query.udp, dns.query.tcp], ids=["udp", "tcp"])
@pytest.mark.parametrize(
    ("client", "answer"), [("127.0.0.2", "192.0.2.1"), ("127.0.0.3", "192.0.2.2")], ids=["office", "elsewhere"]
)
def test_clients_behind_dnsdist_are_told_apart(port, ask, client, answer):
    for _ in range(3):
        reply = ask(dns.message.make_query("www.example.com", "A"), "127.0.0.1", port=port, source=client, timeout=5)
        assert [record.to_text() for rrset in reply.answer for record in rrset] == [answer]
