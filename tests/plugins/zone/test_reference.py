"""Random small zones: the lookup against a plain reading of RFC 1034 and RFC 4592 over dnspython's own names."""

import dns.name
import dns.zone
from hypothesis import given
from hypothesis import strategies as st

from gtm import NoData, NoName, Question, Records, Setup, codes, name
from gtm_plugins.zone import ZoneOptions, ZonePlugin

APEX = "@ 300 SOA ns.example. hm.example. 1 2 3 4 60\n@ 300 NS ns.example.\n"
ORIGIN = dns.name.from_text("z.")

labels = st.sampled_from(["a", "b", "*", "c"])
owners = st.lists(labels, min_size=1, max_size=4).map(".".join)
zones = st.lists(st.tuples(owners, st.sampled_from(["A", "TXT"])), max_size=8, unique=True)
data = {"A": "192.0.2.1", "TXT": "x"}


def reference(zone: dns.zone.Zone, owner: dns.name.Name, rtype: str) -> str:
    """Say how a question ends, walking the zone by the book."""
    existing = {ORIGIN} | {
        dns.name.Name(found.labels[skip:]) for found in zone.nodes for skip in range(len(found.labels) - 1)
    }
    source = owner
    if owner not in existing:
        encloser = owner.parent()
        while encloser not in existing:
            encloser = encloser.parent()
        source = dns.name.from_text("*", encloser)
        if source not in existing:
            return "no name"
    return "records" if zone.get_rdataset(source, rtype) else "no data"


@given(zones, owners, st.sampled_from(["A", "TXT", "MX"]))
def test_a_lookup_ends_as_the_book_says(records, asked, rtype):
    text = APEX + "".join(f"{owner} 60 {kind} {data[kind]}\n" for owner, kind in records)
    plugin = ZonePlugin(ZoneOptions(records=text), Setup(zone=name.parse("z")))
    question = Question(name.parse(f"{asked}.z"), codes.type_number(rtype))
    expected = reference(dns.zone.from_text(text, ORIGIN, relativize=False), dns.name.from_text(asked, ORIGIN), rtype)
    ending = plugin.fallback(question, None)
    match ending:
        case Records(answer):
            assert expected == "records"
            assert {record.owner for record in answer} == {question.name}
        case NoData():
            assert expected == "no data"
        case NoName():
            assert expected == "no name"
        case _:
            raise AssertionError(ending)
