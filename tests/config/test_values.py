"""What a sound Corefile becomes."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from gtm import Kind, Mode, Question, name
from gtm.config.load import load

DOMAIN = '[[domain]]\nname = "www.example.com"\ntype = "A"\n'


def pool(folder, text):
    return folder.load(f"[pools.p]\n{text}").pools["p"]


def test_a_domain_says_what_it_is(folder):
    text = DOMAIN + 'ttl = 60\npolicy = "sequence"\npreemptive = false\nenabled = false\n'
    text += 'pools = ["good", { pool = "alias", weight = 7, lines = ["oversea"] }]\n'
    loaded = folder.load(text)
    question = Question.of("www.example.com")
    domain = loaded.service.domains[question.name, question.qtype]
    assert (domain.ttl, domain.policy, domain.preemptive, domain.enabled) == (60, "sequence", False, False)
    assert [(m.position, m.weight, m.lines, m.key) for m in domain.members] == [
        (1, 1, (), "pool:good"),
        (2, 7, ("oversea",), "pool:alias"),
    ]
    assert domain.members[0].item is loaded.pools["good"]


def test_a_pool_says_what_it_is(folder):
    found = pool(folder, 'policy = "weighted"\nenabled = false\nhealthy_when = "all"\naddresses = ["192.0.2.1"]\n')
    assert (found.name, found.kind, found.policy, found.enabled) == ("p", Kind.IPV4, "weighted", False)
    assert (found.healthy_when, found.count_disabled, found.preemptive) == (100, True, True)
    assert not pool(folder, 'count_disabled = false\naddresses = ["192.0.2.1"]\n').count_disabled


@pytest.mark.parametrize(("text", "percentage"), [("any", 0), ("all", 100), ("30%", 30), ("1%", 1), ("100%", 100)])
def test_healthy_when_is_a_percentage(folder, text, percentage):
    assert pool(folder, f'healthy_when = "{text}"\naddresses = ["192.0.2.1"]\n').healthy_when == percentage


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("192.0.2.1", Kind.IPV4, "192.0.2.1"),
        ("2001:DB8:0::1", Kind.IPV6, "2001:db8::1"),
        ("CDN.example.net.", Kind.DOMAIN, "cdn.example.net"),
        ("_dmz.example.net", Kind.DOMAIN, "_dmz.example.net"),
        ("localhost", Kind.DOMAIN, "localhost"),
    ],
)
def test_a_pools_kind_follows_from_its_addresses(folder, written, kind, value):
    found = pool(folder, f'addresses = ["{written}"]\n')
    (member,) = found.members
    assert (found.kind, member.item.kind, member.item.value) == (kind, kind, value)
    assert member.key == f"address:p/{value}"


def test_an_address_says_what_it_is(folder):
    text = """addresses = [
      { value = "192.0.2.1", name = "sg", weight = 3, lines = ["default"], checks = ["web:8080", "web"], mode = "down", enabled = false, healthy_when = "50%", probe = "192.0.2.200" },
    ]\n"""
    (member,) = pool(folder, text).members
    address = member.item
    assert (member.weight, member.lines, member.position) == (3, ("default",), 1)
    assert (address.name, address.mode, address.enabled, address.healthy_when) == ("sg", Mode.DOWN, False, 50)
    assert [check.key for check in address.checks] == ["check:web:8080@192.0.2.200", "check:web:80@192.0.2.200"]


@pytest.mark.parametrize(
    ("template", "check", "port"),
    [
        ('protocol = "ping"', "t", 0),
        ('protocol = "http"', "t", 80),
        ('protocol = "https"', "t", 443),
        ('protocol = "https"\nport = 8443', "t", 8443),
        ('protocol = "tcp"\nport = 22', "t", 22),
        ('protocol = "tcp"', "t:25", 25),
        ('protocol = "http"\nport = 8080', "t:81", 81),
        ('protocol = "./looks.py"', "t", 80),
        ('protocol = "./looks.py"\nport = 81', "t", 81),
        ('protocol = "./looks.py"\nport = 81', "t:82", 82),
    ],
)
def test_a_checks_port_is_its_own_or_the_templates_or_the_protocols(folder, template, check, port):
    loaded = folder.load(f'[pools.p]\nchecks = ["{check}"]\naddresses = ["192.0.2.1"]\n[templates.t]\n{template}\n')
    assert [found.port for found in loaded.addresses["address:p/192.0.2.1"].checks] == [port]


def test_a_pools_checks_are_for_addresses_that_name_none_of_their_own(folder):
    text = 'checks = ["web"]\naddresses = ["192.0.2.1", { value = "192.0.2.2", checks = [] }, "hk-1"]\n'
    assert [len(member.item.checks) for member in pool(folder, text).members] == [1, 0, 1]


def test_an_entry_is_one_address_in_every_pool_that_names_it(folder):
    text = '[pools.p]\nchecks = ["web"]\naddresses = ["hk-1"]\n'
    text += '[pools.q]\nchecks = ["web", "port:22"]\naddresses = [{ address = "hk-1", weight = 5 }]\n'
    loaded = folder.load(text)
    (one,), (other,) = loaded.pools["p"].members, loaded.pools["q"].members
    assert one.item is other.item is loaded.addresses["address:hk-1"]
    assert (one.weight, other.weight) == (1, 5)
    assert [(check.template, check.port) for check in one.item.checks] == [("web", 80), ("port", 22)]


def test_an_empty_pool_counts_as_ipv4(folder):
    assert pool(folder, "addresses = []\n").kind is Kind.IPV4


def test_an_entry_that_no_pool_names_is_loaded(folder):
    assert folder.load("").addresses["address:hk-1"].value == "192.0.2.77"


def test_the_server_is_what_nobody_said_otherwise(folder):
    server = folder.load("").server
    assert server.listen == (("127.0.0.1", 5300),)
    assert (server.workers, server.admin, server.state, server.watch) == (1, None, None, True)


def test_the_server_is_what_is_said(folder):
    text = '[server]\nplugin_dir = "plugins"\nlisten = ["0.0.0.0:53", "[::]:0"]\nstate = "state"\nstart = "up"\nwatch = false\n'
    server = folder.load(text).server
    assert server.listen == (("0.0.0.0", 53), ("::", 0))
    assert server.state == folder.path / "state"
    assert server.plugin_dir == folder.path / "plugins"
    assert (server.start, server.watch) == ("up", False)


def test_an_expectation_says_what_it_is(folder):
    text = 'ask = "www.example.com AAAA"\nfrom = "192.0.2.0/24"\ndown = ["pool:good", "address:192.0.2.1", "address:hk-1"]\n'
    text = f'[pools.p]\naddresses = ["hk-1"]\n[[expect]]\n{text}answer = ["2001:DB8::0", "CDN"]\n'
    (expect,) = folder.load(text).expects
    assert str(expect.question) == "www.example.com AAAA"
    assert (expect.client, expect.line) == ("192.0.2.0/24", None)
    assert expect.down == ("pool:good", "address:good/192.0.2.1", "address:hk-1")
    assert expect.answer == ("2001:db8::", "CDN")
    assert expect.where == (folder.path / "Corefile.toml", 3)


def test_a_name_lies_in_the_longest_zone(folder):
    folder.write(
        "plugins/steered.py",
        "from gtm import Plugin\nclass Steered(Plugin):\n    name = 'steered'\n    policies = ('round_robin',)\n"
        "    def __init__(self, options, setup):\n        self.setup = setup\n",
    )
    text = '[[zone]]\nname = "deep.example.com"\nchain = ["./steered.py"]\n'
    text += '[[domain]]\nname = "www.deep.example.com"\ntype = "A"\npools = ["good"]\n'
    text += '[[domain]]\nname = "off.deep.example.com"\ntype = "A"\nenabled = false\npools = ["good"]\n'
    text += DOMAIN + 'pools = ["good"]\n[lines.office]\nnetworks = ["203.0.113.0/24", "192.0.2.7"]\n'
    loaded = folder.load(text)
    (plugin,) = loaded.service.chains[name.parse("deep.example.com")].plugins
    assert plugin.setup.zone == name.parse("deep.example.com")
    assert plugin.setup.steered == {name.parse("www.deep.example.com")}
    assert plugin.setup.folder == folder.path
    assert plugin.setup.lines == {"office": (ip_network("203.0.113.0/24"), ip_network("192.0.2.7/32"))}


@pytest.mark.parametrize(
    "path",
    [*sorted(Path(__file__).parents[2].glob("examples/*.toml")), Path(__file__).parents[2] / "Corefile.toml"],
    ids=lambda path: path.name,
)
def test_the_examples_load(path):
    assert load(path).expects
