"""Views for tests: what a control process believes, without the process."""

from dataclasses import replace

from gtm import Check, Verdict
from gtm.config.loaded import Loaded, Server
from gtm.control.status import About, View
from gtm.health.standing import Standings
from gtm.health.table import Belief, Table
from gtm.health.world import World
from tests.chain.making import All, Healthy, InTurn, address, domain, pool, service

NOON = 1_790_000_000.0
SERVER = Server((("127.0.0.1", 53),), None, ("127.0.0.1", 0), 0, None, "up", True, ())
ABOUT = About("Corefile.toml", started=NOON - 7200, loaded=NOON - 60)


def checked(value, *templates, **more):
    """Make an address with a check of each template, on port 80."""
    checks = tuple(Check(template, 80, value) for template in templates or ("web",))
    return replace(address(value, **more), checks=checks)


def loaded(*domains, plugins=(), pools=(), **more):
    """Load what was never written: access domains, and pools that none of them names."""
    served = service(plugins or [Healthy(), All()], *domains)
    named = {member.item.name: member.item for each in domains for member in each.members}
    named |= {each.name: each for each in pools}
    addresses = {member.key: member.item for each in named.values() for member in each.members}
    made = Loaded(
        server=SERVER,
        service=served,
        expects=(),
        pools=named,
        addresses=addresses,
        probes={},
        channels=(),
        alone=frozenset(),
        warnings=(),
        files=frozenset(),
        origins={},
    )
    return replace(made, **more)


def seen(*values, template="web", verdict=Verdict.DOWN, reason="connection refused", **more):
    """Believe something of the checks of some addresses."""
    told = {"since": NOON - 180, "moment": NOON - 4, "seconds": 0.002, **more}
    return {Check(template, 80, value).key: Belief(verdict, reason=reason, **told) for value in values}


def view(made, beliefs=None, *, words=None, about=ABOUT, **more):
    """Believe it, and look at that."""
    world = World(made.service)
    world.learn(Table(beliefs or {}), NOON)
    world.heed(words or {}, NOON)
    standings = Standings(made.service, made.pools.values())
    standings.update(world.table, world.state, None)
    return View(about, made, world.table, world.state, standings, **more)


def pair(**more):
    """Make a domain of two pools in turn, the first of two addresses, and load it."""
    hk = pool("hk", checked("192.0.2.1", name="hk-1"), checked("192.0.2.2"))
    www = domain("www.example.com", hk, pool("sg", checked("192.0.2.3")), policy="sequence")
    return loaded(www, plugins=[Healthy(), InTurn()], **more)


__all__ = ["ABOUT", "NOON", "checked", "domain", "loaded", "pair", "pool", "seen", "view"]
