"""Where a client is: ``classify`` of every plugin folded in the order of the chain."""

from collections.abc import Callable

from gtm.chain.chain import Chain
from gtm.chain.trace import PluginError, raised, shown
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
        except Exception as fault:  # noqa: BLE001  a stranger's code: whatever it raises must cost one hook, not the process
            report(PluginError(plugin, "classify", raised(fault)))
            continue
        if word is None or isinstance(word, Place):
            hear(plugin, word)
            place = word or place
        else:
            report(PluginError(plugin, "classify", f"returned {shown(word)}, neither None nor a Place"))
    return place


def nowhere(_chain: Chain, _client: Client) -> Place:
    """Locate nobody: every client is one of whom nothing is known."""
    return Place()
