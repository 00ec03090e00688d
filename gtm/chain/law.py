"""The law of each hook: what a word must be. Each function says what is wrong with it, or gives None."""

from gtm.model.ending import NoData, NoName, Records, Referral, Refused, TooLong
from gtm.model.member import Group
from gtm.model.ranking import Ranking, Share, Tier

_ENDINGS = (Records, NoData, NoName, Referral, Refused, TooLong)


def ranking(group: Group, word: object) -> str | None:
    """Check a Ranking: tiers of shares, naming members of the group only, nobody twice in a tier."""
    if not isinstance(word, Ranking):
        return f"returned {word!r}, neither None nor a Ranking"
    members = {id(member) for member in group.members}
    for tier in word.tiers:
        if not isinstance(tier, Tier) or tier.give not in ("all", "one"):
            return f"returned a ranking with {tier!r} in it, which is no Tier"
        named = [id(share.member) for share in tier.shares if isinstance(share, Share)]
        if len(named) != len(tier.shares) or not members.issuperset(named):
            return f"named somebody who is no member of {group.key}"
        if len(set(named)) != len(named):
            return f"named a member of {group.key} twice in one tier"
    return None


def rescue(group: Group, word: object) -> str | None:
    """Check what a rescue says: a lawful Ranking, or an Ending."""
    return None if isinstance(word, _ENDINGS) else ranking(group, word)


def ending(word: object) -> str | None:
    """Check an Ending: one of the closed set, made of records."""
    return None if isinstance(word, _ENDINGS) else f"returned {word!r}, neither None nor an Ending"
