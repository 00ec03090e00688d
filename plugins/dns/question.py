"""What is asked, and whether a reply is the answer that was expected: pure, on the messages of dnspython."""

from collections.abc import Collection
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

_ANY = dns.rdatatype.ANY


@dataclass(frozen=True, slots=True)
class Expected:
    """A question, and what its answer must be: the response code, and record data that must be among it."""

    name: dns.name.Name
    rtype: dns.rdatatype.RdataType
    rcode: dns.rcode.Rcode
    data: tuple[dns.rdata.Rdata, ...]

    def query(self) -> dns.message.Message:
        """Make the question, with an identifier by chance and recursion desired, as a client would ask."""
        return dns.message.make_query(self.name, self.rtype)

    def fault(self, reply: dns.message.Message) -> str:
        """Say what is wrong with a reply; an empty text when nothing is."""
        if reply.rcode() != self.rcode:
            return f"rcode {dns.rcode.to_text(reply.rcode())}"
        found = [data for rrset in reply.answer if self._is_asked(rrset) for data in rrset]
        lacking = [data for data in self.data if data not in found]
        if lacking:
            return "answer lacks " + ", ".join(data.to_text() for data in lacking)
        if not found and self.rcode == dns.rcode.NOERROR:
            return f"answer holds no {dns.rdatatype.to_text(self.rtype)} record"
        return ""

    def _is_asked(self, rrset: dns.rrset.RRset) -> bool:
        # by type alone: the owner is another name where aliases lead on
        return self.rtype in (_ANY, rrset.rdtype)


def parse(ask: str, expect: Collection[str], rcode: str) -> Expected:
    """Read the options; ValueError says what is wrong with one."""
    words = ask.split()
    if len(words) != 2:
        raise ValueError(f'ask is "{ask}"; write a name and a type, such as "www.example.com A"')
    try:
        name = dns.name.from_text(words[0])
    except (dns.exception.DNSException, UnicodeError) as fault:
        raise ValueError(f'"{words[0]}" is not a domain name: {fault}') from fault
    try:
        rtype = dns.rdatatype.from_text(words[1])
    except (dns.exception.DNSException, ValueError) as fault:
        raise ValueError(f'"{words[1]}" is not a record type; write one such as A, AAAA or SOA') from fault
    if expect and rtype == _ANY:
        raise ValueError("what is expected of ANY can't be told; ask for a type")
    return Expected(name, rtype, _rcode(rcode), tuple(_data(rtype, text) for text in expect))


def _rcode(text: str) -> dns.rcode.Rcode:
    try:
        return dns.rcode.from_text(text)
    except (dns.exception.DNSException, ValueError) as fault:
        raise ValueError(f'"{text}" is not a response code; write one such as NOERROR or NXDOMAIN') from fault


def _data(rtype: dns.rdatatype.RdataType, text: str) -> dns.rdata.Rdata:
    try:
        return dns.rdata.from_text(dns.rdataclass.IN, rtype, text, origin=dns.name.root, relativize=False)
    except (dns.exception.DNSException, ValueError) as fault:
        kind = dns.rdatatype.to_text(rtype)
        raise ValueError(f'"{text}" is not the data of {kind} records: {fault}') from fault


def answer(query: dns.message.Message, octets: bytes) -> dns.message.Message | None:
    """Read a reply; None for what is none to this question: no message, another identifier, another question."""
    try:
        found = dns.message.from_wire(octets, ignore_trailing=True, raise_on_truncation=False)
    except (dns.exception.DNSException, ValueError, IndexError):
        return None
    return found if query.is_response(found) else None
