"""Zones of the FerretDataset: what four other servers answer, and which zones a server must refuse.

Compared are the code, AA, the answer, the authority of negative answers and referrals, and the glue. Authority and
additional data of positive answers are left out: servers differ in what they add there.
"""

import json
import lzma
from pathlib import Path

import dns.rdata
import pytest

from gtm import NoData, NoName, PluginFault, Question, Record, Records, Referral, Setup, TooLong, codes, name
from gtm_plugins.zone import ZoneOptions, ZonePlugin

DATA = Path(__file__).parents[4] / "shared" / "conformance"
MAX_ALIASES = 16


def lines(file: str, step: int) -> list[dict]:
    if not (DATA / file).exists():
        pytest.skip(f"{file} is not there")
    with lzma.open(DATA / file, "rt") as stream:
        return [json.loads(line) for number, line in enumerate(stream) if number % step == 0]


def build(records: list[str], warnings: list[str]) -> ZonePlugin:
    apex = next((record.split()[0] for record in records if " SOA " in record), records[0].split()[0])
    text = "$TTL 500\n" + "\n".join(records)
    return ZonePlugin(ZoneOptions(records=text), Setup(zone=name.parse(apex), warn=warnings.append))


def shown(records: tuple[Record, ...]) -> set[str]:
    return {
        f"{name.show(record.owner)}. {codes.type_text(record.rtype)} "
        f"{dns.rdata.from_wire(1, record.rtype, record.rdata, 0, len(record.rdata))}".lower()
        for record in records
    }


def expected(records: list[str]) -> set[str]:
    return {" ".join([owner, rtype, *rdata]).lower() for owner, _, _, rtype, *rdata in map(str.split, records)}


def follow(plugin: ZonePlugin, question: Question):
    """Ask, and ask on for the target of each alias in the zone; give the answer so far and the last ending."""
    answer: tuple[Record, ...] = ()
    seen = {question.name}
    while True:
        ending = plugin.fallback(question, None)
        answer += ending.answer if isinstance(ending, Records | TooLong) else ()
        target = ending.target if isinstance(ending, Records) else None
        if target is None or target in seen or len(seen) > MAX_ALIASES:
            return answer, ending
        seen.add(target)
        question = Question(target, question.qtype)


def agrees(answer: tuple[Record, ...], ending: object, group: dict) -> bool:
    rcode, authority, is_ours = "NOERROR", None, True
    match ending:
        case NoData(soa) if not answer:
            authority = (soa,)
        case NoName(soa):
            rcode, authority = "NXDOMAIN", None if answer else (soa,)
        case Referral(servers, glue, additional):
            authority, is_ours = servers, bool(answer)
            extra = expected(group["additional"])
            if not answer and not shown(glue) <= extra <= shown(glue + additional):
                return False
        case TooLong():
            rcode = "YXDOMAIN"
    return (
        rcode == group["rcode"]
        and is_ours == ("AA" in group["flags"].split())
        and shown(answer) == expected(group["answer"])
        and (authority is None or shown(authority) == expected(group["authority"]))
    )


def test_the_answers_are_those_of_other_servers():
    for case in lines("ferret-sample.jsonl.xz", step=10):
        answer, ending = follow(build(case["zone"], []), Question.of(case["q"], case["t"]))
        assert any(agrees(answer, ending, group) for group in case["expect"]), (case["id"], ending)


def test_a_zone_that_breaks_a_rule_is_refused_or_warned_of():
    for case in lines("ferret-invalid.jsonl.xz", step=3):
        warnings: list[str] = []
        if case["broken_condition"] in {2, 3, 4, 5, 6, 7}:
            with pytest.raises(PluginFault):
                build(case["zone"], warnings)
            continue
        plugin = build(case["zone"], warnings)
        assert warnings or len(set(case["zone"])) == len(case["zone"]), case["id"]
        for asked in case["queries"] or ():
            if any("TC" in group["flags"] for group in asked["expect"]):
                continue  # what was cut off is not known
            answer, ending = follow(plugin, Question.of(asked["q"], asked["t"]))
            assert any(agrees(answer, ending, group) for group in asked["expect"]), (case["id"], asked["q"])
