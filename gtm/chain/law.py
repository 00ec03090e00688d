"""The law of each hook: what a word must be. Each function says what is wrong with it, or gives None."""

from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from typing import Any

from gtm.chain.trace import shown
from gtm.dns import codes, svcb
from gtm.dns.host import host
from gtm.dns.name import ROOT, read
from gtm.dns.record import MAX_TTL, Record, Writer
from gtm.model.ending import Alias, Ending, NoData, NoName, Records, Referral, Refused, TooLong
from gtm.model.member import Group
from gtm.model.place import Client, Place
from gtm.model.ranking import Ranking, Share, Tier

_KNOWN = tuple(each.name for each in fields(Place) if each.name != "lines")
_ENDINGS = (Records, NoData, NoName, Referral, Refused, TooLong, Alias)


def ranking(group: Group, word: object) -> str | None:
    """Check a Ranking: tiers of shares, naming members of the group only, nobody twice in a tier."""
    if not isinstance(word, Ranking):
        return f"returned {shown(word)}, neither None nor a Ranking"
    members = {id(member) for member in group.members}
    for tier in word.tiers:
        if not isinstance(tier, Tier) or tier.give not in ("all", "one"):
            return f"returned a ranking with {shown(tier)} in it, which is no Tier"
        named = [id(share.member) for share in tier.shares if isinstance(share, Share)]
        if len(named) != len(tier.shares) or not members.issuperset(named):
            return f"named somebody who is no member of {group.key}"
        if len(set(named)) != len(named):
            return f"named a member of {group.key} twice in one tier"
    return None


def place(client: Client, word: object) -> str | None:
    """Check a Place: what is known rests on no more bits than the client's address has, and can be told from other values."""
    if not isinstance(word, Place):
        return f"returned {shown(word)}, neither None nor a Place"
    for key in _KNOWN:
        known = getattr(word, key)
        hash(known.value)
        if not 0 <= known.prefix <= client.address.max_prefixlen:
            return f"rests {key} on {shown(known.prefix)} bits of an address"
    return None


def rescue(group: Group, word: object) -> str | None:
    """Check what a rescue says: a lawful Ranking, or an Ending."""
    return ending(word) if isinstance(word, _ENDINGS) else ranking(group, word)


def ending(word: object) -> str | None:
    """Check an Ending: one of the closed set, made of records that can be written."""
    if not isinstance(word, _ENDINGS):
        return f"returned {shown(word)}, neither None nor an Ending"
    for record in _records(word):
        _write(record)
    if isinstance(word, Records | Alias) and word.target is not None:
        read(word.target, 0)
    if isinstance(word, Alias) and not (type(word.ttl) is int and 0 <= word.ttl <= MAX_TTL):
        return f"returned an Alias that lives {shown(word.ttl)} s; a TTL is a whole number within 0 to {MAX_TTL}"
    return None


@lru_cache(maxsize=1024)
def _write(record: Record) -> None:
    """Write a record and read what it names, or raise; what denials carry is the same again and again."""
    Writer(ROOT).section((record,))
    host(record)
    if record.rtype in (codes.SVCB, codes.HTTPS):
        svcb.params(record.rdata)


def _records(word: Ending) -> tuple[Record, ...]:
    match word:
        case Records(answer, _, additional):
            return answer + additional
        case NoData(soa) | NoName(soa):
            return (soa,) if soa is not None else ()
        case Referral(authority, glue, additional):
            return authority + glue + additional
        case TooLong(answer):
            return answer
    return ()  # the others carry none


def judged(law: Callable[[Any], str | None], word: object) -> str | None:
    """Check a word by its law, even one so broken that it can't be looked at."""
    try:
        return law(word)
    except Exception as fault:  # noqa: BLE001  a stranger's value
        return f"returned {shown(word)}, which breaks its law: {type(fault).__name__}"
