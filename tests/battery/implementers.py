"""Every plugin that is installed, built with its default options, those that the documents show, and one with every hook."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from unittest import mock

import msgspec
import pytest

from gtm import Known, NoData, NoName, Plugin, Ranking, Refusal, Setup, Share, Tier, hookimpl
from gtm import name as names
from gtm.chain.chain import build
from tests.chain.making import SOA, ZONE, host
from tests.house import readmes

RECORDS = """
$TTL 1h
@        SOA    ns1 hostmaster 1 2h 15m 2w 5m
@        NS     ns1
@        MX     10 mail
ns1      A      192.0.2.53
mail     A      192.0.2.25
www      A      192.0.2.80
*.wild   TXT    "anything"
alias    CNAME  www
away     CNAME  cdn.example.net.
sub      NS     ns.sub
ns.sub   A      192.0.2.54
tree     DNAME  other
"""
SECRET = "0000-hunter2-0000"
NEEDED = {
    "alias": {"names": {"@": "lb.example.net", "other": "www.example.com"}},
    "geo": {"databases": ["demo.mmdb"]},
    "zone": {"records": RECORDS},
    "dns": {"ask": "www.example.com A"},
    "command": {"run": ["refuse.sh", SECRET]},
    "webhook": {"url": "http://127.0.0.1:1/"},
    "bot": {"port": 1},
    "email": {"server": "127.0.0.1:1", "from": "gtm@example.com", "to": ["noc@example.com"]},
}


class Everything(Plugin):
    """A stranger's plugin with every hook on the path of a query."""

    name = "everything"
    policies = ("everything",)

    @hookimpl
    def classify(self, client, place):
        even = client.address.packed[0] % 2 == 0
        return replace(place, continent=place.continent if place.continent.value else Known("EU" if even else "AS", 8))

    @hookimpl
    def rank(self, group, facts):
        if group.policy != "everything":
            return None
        ours = facts.continent == "EU"
        return Ranking(
            (Tier(tuple(Share(member, member.weight) for member in group.members), "one" if ours else "all"),)
        )

    @hookimpl
    def admit(self, member, facts):
        return None if facts.hours("08:00", "20:00") else Refusal("closed at night")

    @hookimpl
    def rescue(self, group):
        return Ranking((Tier.of(*group.members),)) if group.members else NoData(SOA)

    @hookimpl
    def expire(self, ttl):
        return ttl // 2

    @hookimpl
    def fallback(self, question):
        if not names.is_under(question.name, ZONE):
            return None
        return host("www.example.com") if question.name == names.parse("www.example.com") else NoName(SOA)


def make(kind, **more):
    """Build a plugin with the options that it needs, and more."""
    setup = Setup(
        ZONE,
        Path(str(files("gtm_geodata"))),
        steered=frozenset({names.parse("steered.example.com")}),
        commands=Path(__file__).parent / "commands",
    )
    return kind(msgspec.convert(NEEDED.get(kind.name, {}) | more, kind.Options), setup)


def installed():
    """Build every plugin that an entry point names."""
    for entry in sorted(entry_points(group="gtm.plugins"), key=lambda found: found.name):
        yield make(entry.load())


def shown():
    """Build every plugin that plugins/README.md shows in full."""
    text = (Path(__file__).parents[2] / "plugins" / "README.md").read_text(encoding="utf-8")
    for name, script in readmes.scripts(text).items():
        module = ModuleType(name)
        exec(compile(script, name, "exec"), vars(module))
        own = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == name]
        yield make(next(kind for kind in own if issubclass(kind, Plugin)))


def having(hook):
    """List the functions of every implementer of a hook, as parameters with the plugin's name."""
    plugins = [*installed(), *shown(), Everything(None, Setup())]
    found = getattr(build(ZONE, plugins), hook)
    owners = {plugin.name: plugin for plugin in plugins}
    return [pytest.param(owners[name], function, id=name) for name, function in found]


@contextmanager
def alone() -> Iterator[None]:
    """Take files, sockets, the clock and chance away: who reaches for one of them raises."""
    gone = mock.Mock(side_effect=AssertionError("a hook on the path of a query reached for the world"))
    places = [
        "builtins.open",
        "io.open",
        "os.open",
        "socket.socket",
        "time.time",
        "time.monotonic",
        "random.random",
        "os.urandom",
    ]
    patches = [mock.patch(place, gone) for place in places]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in reversed(patches):
            patch.stop()
