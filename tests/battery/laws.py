"""The law of each hook (the table of hooks in plugins/README.md), as functions that list what a plugin does against it."""

from dataclasses import fields
from ipaddress import ip_address
from itertools import islice
from random import Random

from gtm import (
    DEFAULT_LINE,
    MAX_TTL,
    Alias,
    Client,
    Known,
    NoData,
    NoName,
    Place,
    Ranking,
    Record,
    Records,
    Referral,
    Refusal,
    Refused,
    TooLong,
    codes,
)
from gtm import name as names
from tests.battery.implementers import alone
from tests.battery.subjects import CLIENTS, PLACES, QUESTIONS, STRANGERS, choices, groups, members, situations

ENDINGS = (Records, NoData, NoName, Referral, Refused, TooLong, Alias)
LINES = ({"office"}, {"north", "os_asia_hk", "oversea"}, {"default", "os_asia_hk", "office", "cn_telecom"}, set())


def said(function, *given):
    """Ask with the world out of reach; what it raises is a word as well."""
    with alone():
        try:
            return function(*given)
        except (Exception, AssertionError) as fault:  # noqa: BLE001  a law lists faults, it does not pass them on
            return fault


def twice(function, subject, situation):
    """Ask with the same facts twice: the word, and what is wrong if the two times differ."""
    first, second = situation(), situation()
    word, again = said(function, subject, first), said(function, subject, second)
    if isinstance(word, Exception):
        return word, [f"raised {word!r}"]
    reads = [
        {key if isinstance(key, tuple) else read.name: read.value for key, read in f.reads.items()}
        for f in (first, second)
    ]
    return word, [] if word == again and reads[0] == reads[1] else ["the same facts, another word"]


def rank(plugin, function):
    wrong = []
    for policy in (*plugin.policies, "somebody else's"):
        for group in groups(policy):
            for situation in situations():
                word, found = twice(function, group, situation)
                wrong += found or ranked(group, word)
                if (word is None) != (policy not in plugin.policies):
                    wrong.append(f"policy {policy}: answered {word!r}")
    return wrong


def ranked(group, word):
    """List what is wrong with a Ranking of a group."""
    if word is None:
        return []
    if not isinstance(word, Ranking):
        return [f"{word!r} is no Ranking"]
    wrong = []
    for tier in word.tiers:
        keys = [share.member.key for share in tier.shares]
        if not {share.member for share in tier.shares} <= set(group.members):
            wrong.append("names a stranger")
        if len(set(keys)) != len(keys):
            wrong.append("names somebody twice")
        if tier.give not in ("all", "one"):
            wrong.append(f"gives {tier.give}")
    return wrong


def admit(_plugin, function):
    wrong = []
    for member in members():
        for situation in situations():
            word, found = twice(function, member, situation)
            wrong += found
            if not found and not (
                word is None or (isinstance(word, Refusal) and isinstance(word.reason, str) and word.reason)
            ):
                wrong.append(f"{word!r} is neither None nor a Refusal with a reason")
    return wrong


def rescue(_plugin, function):
    wrong = []
    for group in groups("all"):
        for situation in situations():
            word, found = twice(function, group, situation)
            wrong += found or (ending(word) if isinstance(word, ENDINGS) else ranked(group, word))
    return wrong


def expire(_plugin, function):
    wrong = []
    for choice in choices():
        for ttl in {0, 1, choice.domain.ttl}:
            for situation in situations():
                word, found = twice(lambda pair, facts: function(*pair, facts), (choice, ttl), situation)
                wrong += found
                if not found and word is not None and not (type(word) is int and 0 <= word <= MAX_TTL):
                    wrong.append(f"{word!r} is no TTL")
                elif not found and word is not None and word > ttl:
                    wrong.append(f"raises the TTL from {ttl} to {word}")
    return wrong


def fallback(_plugin, function):
    wrong = []
    for question in (*QUESTIONS, *STRANGERS):
        for situation in islice(situations(), 0, None, 7):
            word, found = twice(function, question, situation)
            wrong += found
            if not found and word is not None:
                wrong += (
                    ending(word)
                    if names.is_under(question.name, names.parse("example.com"))
                    else ["answers a name outside its zone"]
                )
    return wrong


def ending(word):
    """List what is wrong with an Ending: it is made of records, and negative ones carry a SOA or nothing."""
    if not isinstance(word, ENDINGS):
        return [f"{word!r} is no Ending"]
    values = [getattr(word, field.name) for field in fields(word)]
    records = [record for value in values if isinstance(value, tuple) for record in value]
    records += [value for value in values if isinstance(value, Record)]
    wrong = [f"{record!r} is no Record" for record in records if not isinstance(record, Record)]
    wrong += [
        "the SOA is none"
        for soa in (getattr(word, "soa", None),)
        if soa is not None and (not isinstance(soa, Record) or soa.rtype != codes.SOA)
    ]
    target = getattr(word, "target", None)
    if target is not None and names.read(target, 0) != (target, len(target)):
        wrong.append("the target is no name")
    return wrong


def classify(_plugin, function):
    chance, wrong = Random(1), []
    for client in CLIENTS:
        for place in PLACES:
            word = said(function, client, place)
            wrong += [] if word == said(function, client, place) else ["the same client, another word"]
            if word is None:
                continue
            if not isinstance(word, Place):
                wrong.append(f"{word!r} is no Place")
                continue
            wrong += (
                found if (found := placed(client, place, word)) else neighbours(function, client, place, word, chance)
            )
    return wrong


def parts(place):
    """List what a place says, the lines as asked for, with the prefix that each rests on."""
    known = {field.name: getattr(place, field.name) for field in fields(place) if field.name != "lines"}
    return {**known, **{f"lines among {sorted(among)}": place.lines.best(among) for among in LINES}}


def placed(client, before, word):
    wrong = []
    for name, known in parts(word).items():
        if not isinstance(known, Known):
            return [f"{name}: {known!r} is not Known"]
        if type(known.prefix) is not int or not 0 <= known.prefix <= client.address.max_prefixlen:
            wrong.append(f"{name} rests on /{known.prefix}")
        if name.startswith("lines") and (
            known.value == DEFAULT_LINE or (known.value is not None and known.value not in name)
        ):
            wrong.append(f"{name}: gives {known.value}")
    for field in fields(before):
        old = getattr(before, field.name)
        if field.name != "lines" and old.value is not None and getattr(word, field.name).value != old.value:
            wrong.append(f"takes {field.name} {old.value} away")
    return wrong


def neighbours(function, client, place, word, chance):
    """Look whether whoever shares the bits that a value rests on has the same value."""
    wrong, most = [], client.address.max_prefixlen
    if client.line is not None:
        return []
    for name, known in parts(word).items():
        for _ in range(6):
            free = most - known.prefix
            number = int(client.address) >> free << free | (chance.getrandbits(free) if free else 0)
            other = said(function, Client(_address(number, most), most), place)
            if parts(other)[name] != known:
                wrong.append(
                    f"{name} is {known} for {client.address}, and {parts(other)[name]} for {_address(number, most)}"
                )
    return wrong


def _address(number, most):
    return ip_address(number.to_bytes(most // 8))
