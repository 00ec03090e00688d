"""Checks: from which template, at which port of which target, and what may not be probed."""

from ipaddress import ip_network

import pytest

from gtm.config.schema import PROBE_DENY

WORDS = """
[templates.looks]
protocol = "./looks.py"
[templates.echo]
protocol = "ping"
"""
POOL = "[pools.p]\n"
AT = "Corefile.toml:{}: [pools.p] {}"

ROWS = {
    "port 0": (
        POOL + 'checks = ["web:0"]\naddresses = ["192.0.2.2"]\n',
        AT.format(2, 'checks #1: "web:0" has no port from 1 to 65535 behind the colon'),
    ),
    "a port where the protocol has none": (
        POOL + 'checks = ["echo:80"]\naddresses = ["192.0.2.2"]\n',
        AT.format(2, 'checks #1: "echo:80" names a port, and its protocol has none; write "echo"'),
    ),
    "no port where the protocol has no usual one": (
        POOL + 'checks = ["port"]\naddresses = ["192.0.2.2"]\n',
        AT.format(2, 'checks #1: "port" has no port; write it as "port:443", or in the template'),
    ),
    "a check twice": (
        POOL + 'checks = ["web", "web:80"]\naddresses = ["192.0.2.2"]\n',
        AT.format(2, 'checks #2: "web:80" checks the same port with the same template twice'),
    ),
    "a target that is nothing": (
        POOL + 'addresses = [{ value = "192.0.2.2", probe = "not a host" }]\n',
        AT.format(2, 'addresses #1 probe: "not a host" is neither an IP address nor a host name'),
    ),
    "an empty target": (
        POOL + 'addresses = [{ value = "192.0.2.2", probe = "" }]\n',
        AT.format(2, 'addresses #1 probe: "" is neither an IP address nor a host name'),
    ),
    "a target at port 0": (
        POOL + 'addresses = [{ value = "192.0.2.2", probe = "10.0.0.5:0" }]\n',
        AT.format(2, 'addresses #1 probe: "10.0.0.5:0" has no port from 1 to 65535 behind the colon'),
    ),
    "a target at no port": (
        POOL + 'addresses = [{ value = "192.0.2.2", probe = "10.0.0.5:http" }]\n',
        AT.format(2, 'addresses #1 probe: "10.0.0.5:http" has no port from 1 to 65535 behind the colon'),
    ),
    "a target that is a URL": (
        POOL + 'addresses = [{ value = "192.0.2.2", probe = "http://10.0.0.5/" }]\n',
        AT.format(
            2, 'addresses #1 probe: "http://10.0.0.5/" is a URL; write an address and a port, as in "10.0.0.5:8080"'
        ),
    ),
    "brackets around nothing": (
        POOL + 'addresses = [{ value = "192.0.2.2", probe = "[]:80" }]\n',
        AT.format(2, 'addresses #1 probe: "" is neither an IP address nor a host name'),
    ),
    "a forbidden address": (
        POOL + 'checks = ["web"]\naddresses = ["169.254.169.254"]\n',
        AT.format(
            3,
            'addresses #1: "169.254.169.254" lies in 169.254.0.0/16, in which nothing is probed ([server] probe_deny); '
            "leave its checks out, or probe another",
        ),
    ),
    "a forbidden target": (
        POOL + 'checks = ["web"]\naddresses = [{ value = "192.0.2.2", probe = "[fd00:ec2::254]:80" }]\n',
        AT.format(
            3,
            'addresses #1 probe: "fd00:ec2::254" lies in fd00:ec2::/32, in which nothing is probed '
            "([server] probe_deny); leave its checks out, or probe another",
        ),
    ),
}


@pytest.mark.parametrize(("text", "expected"), ROWS.values(), ids=ROWS.keys())
def test_a_broken_law_is_told_in_one_line(folder, text, expected):
    assert folder.faults(text + WORDS) == [expected]


def checks(folder, address, pool='checks = ["looks"]\n'):
    loaded = folder.load(f"{POOL}{pool}addresses = [{address}]\n{WORDS}")
    return [(check.template, check.target, check.port) for check in loaded.pools["p"].members[0].item.checks]


@pytest.mark.parametrize(
    ("probe", "target", "port"),
    [
        ("10.0.0.5", "10.0.0.5", 80),
        ("10.0.0.5:8080", "10.0.0.5", 8080),
        ("2001:DB8::5", "2001:db8::5", 80),
        ("[2001:db8::5]:8080", "2001:db8::5", 8080),
        ("Inner.example.net", "inner.example.net", 80),
        ("inner.example.net:8080", "inner.example.net", 8080),
    ],
)
def test_a_target_different_from_the_answer_may_say_its_port(folder, probe, target, port):
    assert checks(folder, f'{{ value = "192.0.2.2", probe = "{probe}" }}') == [("looks", target, port)]


@pytest.mark.parametrize(
    ("check", "probe", "port"),
    [
        ("looks", "10.0.0.5", 80),
        ("looks", "10.0.0.5:8080", 8080),
        ("looks:9", "10.0.0.5:8080", 9),
        ("looks:9", "10.0.0.5", 9),
        ("echo", "10.0.0.5:8080", 0),
    ],
)
@pytest.mark.parametrize("written", ["own", "shared", "inherited"])
def test_the_checks_own_port_comes_first_then_the_targets_then_the_templates(folder, check, probe, port, written):
    own = f'checks = ["{check}"]'
    if written == "own":
        found = checks(folder, f'{{ value = "192.0.2.2", probe = "{probe}", {own} }}', "")
    elif written == "inherited":
        found = checks(folder, f'{{ value = "192.0.2.2", probe = "{probe}" }}', f"{own}\n")
    else:
        loaded = folder.load(f'[addresses.x]\nvalue = "192.0.2.2"\nprobe = "{probe}"\n{own}\n{WORDS}')
        found = [(one.template, one.target, one.port) for one in loaded.addresses["address:x"].checks]
    assert found == [(check.partition(":")[0], "10.0.0.5", port)]


def test_a_target_may_say_the_port_that_neither_check_nor_template_has(folder):
    address = '{ value = "192.0.2.2", probe = "10.0.0.5:8080", checks = ["port"] }'
    assert checks(folder, address) == [("port", "10.0.0.5", 8080)]


@pytest.mark.parametrize("network", PROBE_DENY)
def test_nothing_is_probed_by_default_where_no_hosts_or_a_clouds_secrets_are(folder, network):
    inside = ip_network(network)[0]
    (line,) = folder.faults(f'{POOL}checks = ["web"]\naddresses = ["{inside}"]\n')
    assert f'"{inside}" lies in {ip_network(network)}, in which nothing is probed' in line


DENIED = {
    "in IPv6's clothes": ('"::ffff:169.254.169.254"', "", True),
    "in other letters": ('"FE80::1"', "", True),
    "beside it": ('"169.255.0.1"', "", False),
    "by a name": ('"metadata.example.net"', "", False),
    "loopback": ('"127.0.0.1"', "", False),
    "one's own list": ('"10.0.0.7"', 'probe_deny = ["10.0.0.0/8"]', True),
    "one's own list instead of the default": ('"169.254.169.254"', 'probe_deny = ["10.0.0.0/8"]', False),
    "nothing forbidden": ('"169.254.169.254"', "probe_deny = []", False),
    "probed at another": ('{ value = "169.254.1.1", probe = "192.0.2.1" }', "", False),
    "not probed at all": ('{ value = "169.254.1.1", checks = [] }', "", False),
}


@pytest.mark.parametrize(("address", "server", "is_denied"), DENIED.values(), ids=DENIED.keys())
def test_what_may_not_be_probed_is_refused_at_load(folder, address, server, is_denied):
    text = f'[server]\nplugin_dir = "plugins"\n{server}\n{POOL}checks = ["web"]\naddresses = [{address}]\n'
    if is_denied:
        (line,) = folder.faults(text)
        assert "in which nothing is probed" in line
    else:
        assert folder.load(text).pools["p"].members


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1.0.0/8", '"10.1.0.0/8" has bits set behind its prefix; did you mean "10.0.0.0/8"?'),
        ("intranet", '"intranet" is not a network; write one such as "203.0.113.0/24"'),
    ],
)
def test_a_forbidden_network_that_is_none_is_told(folder, text, expected):
    assert folder.faults(f'[server]\nplugin_dir = "plugins"\nprobe_deny = ["10.0.0.0/8", "{text}"]\n') == [
        f"Corefile.toml:3: [server] probe_deny #2: {expected}"
    ]
