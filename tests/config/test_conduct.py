"""What ``[server]`` says of how it behaves: secrets of cookies, limits, who speaks for others."""

import socket
from ipaddress import ip_network

import pytest

SERVER = '[server]\nplugin_dir = "plugins"\n'
SECRETS = SERVER + 'cookie_secrets = "secrets"\n'
ONE, TWO = "0123456789abcdef" * 2, "00112233445566778899aabbccddeeff"
WISH = "write 32 hexadecimal digits a line, the newest secret first"


def test_left_out_the_server_tells_who_it_is_and_limits_what_it_sends(folder):
    server = folder.load(SERVER).server
    assert server.conduct.identity == socket.gethostname()
    assert server.conduct.version.startswith("gtm-dns ")
    assert (server.conduct.rate, server.conduct.slip, server.conduct.secrets) == (25, 2, ())
    assert server.conduct.exempt == (ip_network("127.0.0.0/8"), ip_network("::1"))
    assert (server.proxy, server.limits.connections, server.limits.per_client) == ((), 1000, 100)


def test_an_empty_name_and_version_are_hidden(folder):
    conduct = folder.load(SERVER + 'identity = ""\nversion = ""\n').server.conduct
    assert (conduct.identity, conduct.version) == ("", "")


def test_secrets_of_cookies_are_read_in_their_order_and_watched(folder):
    secrets = folder.path / "secrets"
    secrets.write_text(f"{ONE}\n{TWO}\n")
    secrets.chmod(0o600)
    loaded = folder.load(SECRETS)
    assert loaded.server.conduct.secrets == (bytes.fromhex(ONE), bytes.fromhex(TWO))
    assert secrets in loaded.files
    assert loaded.warnings == ()
    secrets.chmod(0o644)
    (line,) = folder.warnings(SECRETS)
    assert line == 'Corefile.toml:3: [server] cookie_secrets: "secrets" can be read by others; say chmod 600'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, '"secrets" can\'t be read: no such file or directory', id="missing"),
        pytest.param("", f'"secrets" does not hold secrets of cookies; {WISH}', id="empty"),
        pytest.param("not hexadecimal", '"secrets" can\'t be read: it is not hexadecimal', id="words"),
        pytest.param(ONE[:-2], f'"secrets" does not hold secrets of cookies; {WISH}', id="short"),
    ],
)
def test_a_file_without_secrets_is_a_fault_that_quotes_none_of_it(folder, content, words):
    if content is not None:
        (folder.path / "secrets").write_text(content)
    assert folder.faults(SECRETS) == [f"Corefile.toml:3: [server] cookie_secrets: {words}"]


@pytest.mark.parametrize("key", ["rate_exempt", "proxy"])
def test_a_network_that_is_none_is_named(folder, key):
    assert folder.faults(f'{SERVER}{key} = ["10.0.0.0/8", "lan"]\n') == [
        f'Corefile.toml:3: [server] {key} #2: "lan" is not a network; write one such as "203.0.113.0/24"'
    ]
