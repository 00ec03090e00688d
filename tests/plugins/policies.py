"""What tests of single plugins share: facts of a world, and words made short."""

from gtm import Known, Place, Setup
from gtm.chain.facts import Clients, Facts
from gtm.health.table import State
from tests.chain.making import NOON, SOMEBODY


class On:
    """The lines of a client that is on these, the first before the others."""

    def __init__(self, *codes):
        self._codes = codes

    def best(self, among):
        return Known(next((code for code in self._codes if code in among), None), 20)


def facts(*codes, down=(), held=None):
    """Facts about a client on some lines, in a world in which some addresses are down."""
    made = Facts(SOMEBODY, State(frozenset(f"address:{value}" for value in down), held or {}), Clients(8), NOON)
    made.locate = ("tests", lambda _: Place(lines=On(*codes)))
    return made


def made(plugin, **options):
    """Make a plugin with some options."""
    return plugin(plugin.Options(**options), Setup())


def tiers(ranking):
    """Show a ranking: for each tier its members' names."""
    return [[share.member.key.partition(":")[2] for share in tier.shares] for tier in ranking.tiers]
