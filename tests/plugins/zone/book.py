"""A plain reading of the books, as an oracle for the zone plugin: RFC 1034 section 4.3.2, RFC 4592, RFC 6672, RFC 9471.

Names are tuples of labels from the apex down, so that "above" is "a prefix of"; a name outside the zone is a string. Nothing
is prepared and nothing is fast: each question walks over all records.
"""

from typing import NamedTuple

Name = tuple[str, ...]
Host = Name | str
APEX: Name = ()
MOST = 16
"""Aliases that are followed."""


class Record(NamedTuple):
    """Owner, type, and the text or the name that it holds."""

    owner: Name
    rtype: str
    data: Host


class Reply(NamedTuple):
    """Code, AA, and the sections; ``glue`` must be in the additional one, ``extra`` may."""

    rcode: str
    aa: bool
    answer: frozenset[Record] = frozenset()
    authority: frozenset[Record] = frozenset()
    glue: frozenset[Record] = frozenset()
    extra: frozenset[Record] = frozenset()


def is_lawful(records: list[Record]) -> bool:
    """Tell whether a zone may hold these records together: a CNAME alone, nothing below a DNAME, and no NS beside one."""
    for owner in {record.owner for record in records}:
        rtypes = [record.rtype for record in records if record.owner == owner]
        if "CNAME" in rtypes and len(rtypes) > 1:
            return False
        if "DNAME" in rtypes:
            below = any(is_below(record.owner, owner) for record in records)
            if below or rtypes.count("DNAME") > 1 or ("NS" in rtypes and owner != APEX):
                return False
    return True


def is_below(name: Name, above: Name) -> bool:
    return len(name) > len(above) and name[: len(above)] == above


class Book:
    """A zone."""

    def __init__(self, records: list[Record]) -> None:
        self.records = records

    def at(self, owner: Name, *rtypes: str) -> list[Record]:
        return [record for record in self.records if record.owner == owner and record.rtype in rtypes]

    def exists(self, name: Name) -> bool:
        """Tell whether a name has records or names below it (RFC 4592 section 2.2.2)."""
        return any(record.owner[: len(name)] == name for record in self.records)

    def is_cut(self, name: Name) -> bool:
        return name != APEX and bool(self.at(name, "NS"))

    def answer(self, name: Name, rtype: str) -> Reply:
        """Answer a question: look, and look again for what an alias leads to."""
        found: frozenset[Record] = frozenset()
        asked = {name}
        while True:
            reply = self.look(name, rtype)
            found |= reply.answer
            aliases = [record for record in reply.answer if record.rtype == "CNAME"]
            redirection = [record for record in reply.answer if record.rtype == "DNAME" and record.owner != name]
            if not aliases or rtype == "CNAME":
                return reply._replace(answer=found, aa=reply.aa or bool(found))
            target = aliases[0].data
            # a DNAME that leads below itself never comes to an end
            is_endless = any(record.data[: len(record.owner)] == record.owner for record in redirection)
            if isinstance(target, str) or target in asked or len(asked) > MOST or is_endless:
                return Reply("NOERROR", aa=True, answer=found)
            asked.add(target)
            name = target

    def look(self, name: Name, rtype: str) -> Reply:
        """Go down from the apex, label by label (RFC 1034 section 4.3.2 step 3)."""
        for depth in range(len(name) + 1):
            here = name[:depth]
            if not self.exists(here):
                star = (*name[: depth - 1], "*")
                return self.told(star, name, rtype) if self.exists(star) else self.denied("NXDOMAIN")
            if self.is_cut(here) and (rtype != "DS" or here != name):
                return self.referred(here)
            if here != name and (redirection := self.at(here, "DNAME")):
                return self.redirected(redirection[0], name)
        return self.told(name, name, rtype)

    def told(self, source: Name, name: Name, rtype: str) -> Reply:
        """Give the records of a name, or those that a wildcard has for it."""
        found = self.at(source, rtype) or self.at(source, "CNAME")
        if not found:
            return self.denied("NOERROR")
        hosts = [record.data for record in found if record.rtype in ("NS", "MX")]
        answer = frozenset(record._replace(owner=name) for record in found)
        return Reply("NOERROR", aa=True, answer=answer, extra=self.addresses(hosts))

    def denied(self, rcode: str) -> Reply:
        return Reply(rcode, aa=True, authority=frozenset(self.at(APEX, "SOA")))

    def redirected(self, redirection: Record, name: Name) -> Reply:
        kept = name[len(redirection.owner) :]
        target = redirection.data
        new = ".".join([*reversed(kept), target]) if isinstance(target, str) else target + kept
        return Reply("NOERROR", aa=True, answer=frozenset({redirection, Record(name, "CNAME", new)}))

    def referred(self, cut: Name) -> Reply:
        servers = self.at(cut, "NS")
        hosts = [record.data for record in servers]
        glue = self.addresses([host for host in hosts if not isinstance(host, str) and host[: len(cut)] == cut])
        extra = self.addresses(hosts) - glue
        return Reply("NOERROR", aa=False, authority=frozenset(servers), glue=glue, extra=extra)

    def addresses(self, hosts: list[Host]) -> frozenset[Record]:
        """Find the addresses of hosts: below a cut those that stand there, elsewhere those that would be answered."""
        found: set[Record] = set()
        for host in hosts:
            if isinstance(host, str):
                continue
            is_hidden = any(self.is_cut(host[:depth]) for depth in range(1, len(host) + 1))
            for rtype in ("A", "AAAA"):
                found |= set(self.at(host, rtype) if is_hidden else self.look(host, rtype).answer)
        return frozenset(record for record in found if record.rtype in ("A", "AAAA"))
