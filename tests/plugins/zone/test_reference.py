"""Random small zones of every kind, asked over the engine: the replies against a plain reading of the books."""

from random import Random

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
from hypothesis import example, given
from hypothesis import strategies as st

from gtm import Setup, name
from gtm.chain.chain import Service, build
from gtm.dns.transport import TCP
from gtm.engine import Engine
from gtm_plugins.zone import ZoneOptions, ZonePlugin
from tests.plugins.zone.book import APEX, Book, Record, is_lawful
from tests.reference.depth import deep

ZONE = "z."
SOA = Record(APEX, "SOA", "ns.out. hm.out. 1 2 3 4 60")
NS = Record(APEX, "NS", "ns.out.")

names = st.lists(st.sampled_from(["a", "b", "*"]), max_size=4).map(tuple)
hosts = st.one_of(names, names, names, st.sampled_from(["ns.out.", "*.out."]))
addresses = st.sampled_from([("A", "192.0.2.1"), ("A", "192.0.2.2"), ("AAAA", "2001:db8::1"), ("TXT", '"x"')])
leading = st.tuples(st.sampled_from(["NS", "NS", "CNAME", "DNAME", "MX"]), hosts)
records = st.builds(
    lambda owner, held: Record(owner, *held), names, st.one_of(addresses, leading, leading)
).filter(  # what NS records mean at a wildcard is undefined (RFC 4592 section 4.2)
    lambda record: record.rtype != "NS" or record.owner[-1:] != ("*",)
)
rtypes = st.sampled_from(["A", "AAAA", "TXT", "NS", "CNAME", "DNAME", "MX", "SOA", "DS"])
# most questions are near what is there
questions = st.tuples(st.integers(0, 7), st.lists(st.sampled_from(["a", "b", "*"]), max_size=2), rtypes)


@st.composite
def zones(draw):
    found = [SOA, NS]
    for record in draw(st.lists(records, min_size=1, max_size=8, unique=True)):
        if is_lawful([*found, record]) and record not in found:
            found.append(record)
    return found


def shown(host):
    return host if isinstance(host, str) else ".".join([*reversed(host), ZONE])


def line(record):
    owner, rtype, data = record
    return f"{shown(owner)} 60 IN {rtype} {'10 ' if rtype == 'MX' else ''}{shown(data)}"


def lines(found):
    return {line(record) for record in found}


def served(found):
    zone = name.parse(ZONE)
    plugin = ZonePlugin(ZoneOptions(records="\n".join(map(line, found)) + "\n"), Setup(zone=zone))
    return Engine(Service({zone: build(zone, [plugin])}, {}), Random(0))


def asked(engine, owner, rtype):
    query = dns.message.make_query(shown(owner), rtype, flags=0)
    return dns.message.from_wire(engine.answer(query.to_wire(), "192.0.2.1", 0.0, TCP))


def section(rrsets):
    return {
        f"{each.name} {each.ttl} IN {dns.rdatatype.to_text(each.rdtype)} {rdata}" for each in rrsets for rdata in each
    }


def near(found, question):
    at, more, rtype = question
    return (*found[at % len(found)].owner, *more), rtype


@deep(400)
@example([SOA, NS, Record(("a",), "DNAME", ("b",)), Record(("b",), "DNAME", ("a",))], [(2, ["b"], "A")])
@example([SOA, NS, Record(("a",), "NS", ("b",)), Record(("*",), "A", "192.0.2.1")], [(2, [], "A")])
@example([SOA, NS, Record(("*",), "CNAME", ("a", "b")), Record(("a", "b"), "CNAME", ("b",))], [(2, [], "A")])
@given(zones(), st.lists(questions, min_size=4, max_size=12))
def test_a_reply_is_as_the_books_say(found, each):
    engine, book = served(found), Book(found)
    for owner, rtype in (near(found, question) for question in each):
        reply, wanted = asked(engine, owner, rtype), book.answer(owner, rtype)
        about = (sorted(lines(found)), shown(owner), rtype)
        assert dns.rcode.to_text(reply.rcode()) == wanted.rcode, about
        assert bool(reply.flags & dns.flags.AA) == wanted.aa, about
        assert section(reply.answer) == lines(wanted.answer), about
        assert section(reply.authority) == lines(wanted.authority), about
        assert section(reply.additional) == lines(wanted.glue | wanted.extra), about
