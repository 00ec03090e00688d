"""What is to be looked up in the background: where the ways from the targets leave our zones."""

import pytest

from tests.config.writing import inline

PLUGIN = '''
from gtm import Foreign, Options, Plugin, Records, Record, codes, hookimpl, name

class Needs(Plugin):
    """Needs some names, owns some, and answers CNAMEs."""

    name = "needs"

    class Options(Options):
        names: tuple[str, ...] = ()
        resolver: str = ""
        owns: tuple[str, ...] = ()
        aliases: dict[str, str] = {}
        qtype: str = "A"

    def __init__(self, options, setup):
        super().__init__(options, setup)
        self.options, self.setup = options, setup

    def owners(self):
        return [name.parse(each) for each in self.options.owns]

    def resolves(self):
        qtype = codes.type_number(self.options.qtype)
        return [Foreign(name.parse(each), qtype, self.options.resolver) for each in self.options.names]

    @hookimpl
    def fallback(self, question):
        target = self.options.aliases.get(name.show(question.name))
        if target is None:
            return None
        wire = name.parse(target)
        return Records((Record(question.name, codes.CNAME, 60, wire),), wire)
'''


@pytest.fixture
def needing(folder):
    """Load zones whose chains have this plugin, with these options, and tables behind them."""
    folder.write("plugins/needs.py", PLUGIN)

    def load(*chains, more=""):
        text = '[server]\nplugin_dir = "plugins"\n'
        for number, chain in enumerate(chains):
            text += f'[[zone]]\nname = "z{number}.example"\nchain = ["./every.py", {chain}]\n'
        return text + more

    return load


def needs(**options):
    return inline({"use": "./needs.py", **options}, breaks=False)


def keys(folder, text):
    return set(folder.load(text, alone=True).foreign)


def test_a_name_in_none_of_our_zones_is_looked_up(needing, folder):
    found = folder.load(needing(needs(names=["lb.example.net"], resolver="192.0.2.53:5353")), alone=True).foreign
    assert {key: each.resolver for key, each in found.items()} == {"lb.example.net/A": ("192.0.2.53", 5353)}


def test_without_a_resolver_the_system_is_asked(needing, folder):
    found = folder.load(needing(needs(names=["lb.example.net"], qtype="AAAA")), alone=True).foreign
    assert {key: each.resolver for key, each in found.items()} == {"lb.example.net/AAAA": None}


def test_a_name_of_ours_is_not_and_what_it_is_an_alias_of_is(needing, folder):
    aliases = {"www.z1.example": "here.z1.example", "here.z1.example": "far.example.net"}
    text = needing(needs(names=["www.z1.example", "plain.z1.example"]), needs(aliases=aliases))
    assert keys(folder, text) == {"far.example.net/A"}


def test_the_host_names_of_an_access_domain_are_looked_up_however_it_chooses(needing, folder):
    more = (
        '[pools.a]\naddresses = ["one.example.net", "two.example.net"]\npolicy = "sequence"\n'
        '[pools.b]\naddresses = ["three.example.net"]\n'
        '[[domain]]\nname = "www.z0.example"\ntype = "A"\npolicy = "sequence"\npools = ["a", "b"]\n'
    )
    text = needing(needs(names=["www.z0.example"]), more=more)
    assert keys(folder, text) == {f"{each}.example.net/A" for each in ("one", "two", "three")}


def test_a_circle_of_ours_ends(needing, folder):
    aliases = {"a.z0.example": "b.z0.example", "b.z0.example": "a.z0.example"}
    assert keys(folder, needing(needs(names=["a.z0.example"], aliases=aliases))) == set()


@pytest.mark.parametrize(
    ("chains", "reason"),
    [
        ((needs(names=["a.example.net"], resolver="nowhere"),), '"nowhere" is not a server'),
        ((needs(names=["a.example.net"], qtype="MX"),), "MX can't be looked up; addresses can"),
        (
            (needs(names=["a.example.net"]), needs(names=["a.example.net"], resolver="192.0.2.53")),
            '"a.example.net" is looked up by the system\'s resolver and 192.0.2.53 port 53; name the same resolver',
        ),
    ],
    ids=["no resolver", "no addresses", "two resolvers"],
)
def test_what_can_not_be_looked_up_is_a_fault(needing, folder, chains, reason):
    (fault,) = folder.faults(needing(*chains), alone=True)
    assert reason in fault


def test_the_plugins_behind_one_are_told_of_its_names(needing, folder):
    text = needing(f"{needs(owns=['old.z0.example'])}, {needs()}")
    (chain,) = folder.load(text, alone=True).service.chains.values()
    assert [sorted(plugin.setup.steered) for plugin in chain.plugins[1:]] == [[], [b"\3old\2z0\7example\0"]]


def test_names_behind_a_plugin_that_answers_first_are_doubted(needing, folder):
    (warning,) = folder.warnings(needing(f"{needs()}, {needs(owns=['old.z0.example'])}"), alone=True)
    assert warning.endswith('"needs" stands behind "every", which answers first; move it before')
