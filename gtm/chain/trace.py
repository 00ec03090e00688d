"""What happened on a walk, in words."""

from dataclasses import dataclass
from typing import Final

from gtm.chain.word import Leaf, Outcome, Pick, Steered
from gtm.dns import codes, name
from gtm.model.ending import Alias, Ending
from gtm.model.ranking import Ranking, Tier


@dataclass(frozen=True, slots=True)
class Step:
    """One word of the walk, for people: which hook of which plugin said what about whom."""

    hook: str
    plugin: str
    group: str
    member: str
    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class PluginError:
    """A hook raised, or returned what it must not."""

    plugin: str
    hook: str
    reason: str


CAUGHT: Final = (Exception, SystemExit)
"""What a stranger's code may raise without more harm than to one hook."""


def shown(value: object) -> str:
    """Show any value, even one whose own code for that fails; long ones are cut."""
    try:
        return repr(value)[:200]
    except Exception:  # noqa: BLE001  a stranger's code
        return f"a {type(value).__name__} that can't be shown"


def raised(fault: BaseException) -> str:
    """Say what was raised, even if it can't be shown."""
    try:
        return f"raised {type(fault).__name__}: {fault}"
    except Exception:  # noqa: BLE001  a stranger's code
        return f"raised a {type(fault).__name__} that can't be shown"


def told(word: Ranking | Ending) -> tuple[str, str]:
    """Put what a hook returned into words: what kind it is, and what it says."""
    if isinstance(word, Alias):
        return "Alias", name.show(word.target)
    if not isinstance(word, Ranking):
        return type(word).__name__, ""
    tiers = ", then ".join(_shown(tier) for tier in word.tiers)
    return "ranking" if word.tiers else "empty", tiers + (" (holds)" if word.hold else "")


def _shown(tier: Tier) -> str:
    if len(tier.shares) == 1:
        return tier.shares[0].member.key
    if tier.give == "all":
        return "all of " + ", ".join(share.member.key for share in tier.shares)
    return "one of " + ", ".join(f"{share.member.key} x{share.weight}" for share in tier.shares)


def short(outcome: Outcome) -> str:
    """Say in a few words how an outcome came to be: who may be drawn, or how it ended otherwise."""
    end = outcome.end
    if not isinstance(end, Steered):
        return "static" if end.rcode == codes.NOERROR else codes.rcode_text(end.rcode)
    way: Pick | Leaf = end.choice.pick
    words = ["rescued"] if end.choice.rescued else []
    while isinstance(way, Pick):
        words.append("|".join(option.member.key for option in way.options[:4]) + ("|…" if len(way.options) > 4 else ""))
        way = way.options[0].leads if len(way.options) == 1 else Leaf(way.options[0].member)
    return " ".join(words)
