"""Where a client is: ``classify`` of every plugin folded in the order of the chain."""

from collections.abc import Callable
from functools import partial

from gtm.chain import law
from gtm.chain.chain import Chain
from gtm.chain.trace import CAUGHT, PluginError, raised
from gtm.model.place import Client, Place


def classify(
    chain: Chain,
    client: Client,
    report: Callable[[PluginError], None],
    hear: Callable[[str, Place | None], None] = lambda _plugin, _place: None,
) -> Place:
    """Ask each plugin in turn; what one finds the next is given. A fault is reported and counts as "pass".

    ``hear`` is told what each plugin said.
    """
    place = Place()
    for plugin, hook in chain.classify:
        try:
            word = hook(client, place)
        except CAUGHT as fault:
            report(PluginError(plugin, "classify", raised(fault)))
            continue
        wrong = None if word is None else law.judged(partial(law.place, client), word)
        if wrong:
            report(PluginError(plugin, "classify", wrong))
            continue
        hear(plugin, word)
        place = word or place
    return place


def nowhere(_chain: Chain, _client: Client) -> Place:
    """Locate nobody: every client is one of whom nothing is known."""
    return Place()
