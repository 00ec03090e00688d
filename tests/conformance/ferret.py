"""The FerretDataset as one service: every name of a case gets a suffix of its own, so that all zones load at once.

A reply is compared whole with those that four other servers gave, as the dataset itself compares them: the NS records of
the zone, which a server is free to add to the authority section of a positive answer, are no part of it.
"""

import json
import lzma
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from gtm import PluginFault, Setup, name
from gtm.config.load import load
from gtm.dns.transport import TCP
from gtm.engine import Engine
from gtm_plugins.zone import ZoneOptions, ZonePlugin
from tests.conformance.suite import Outcome, Skip, Wrong

DATA = Path(__file__).parents[3] / "shared" / "conformance"
LOOPS = {"W2", "D1"}
"""Tags of cases in which a wildcard CNAME or a DNAME may lead in a circle."""
NAMES = {"SOA": 2, "NS": 1, "CNAME": 1, "DNAME": 1}
"""How many names begin the data of a record; the other types of the dataset have none."""

REFUSED = {2, 3, 4, 5, 6, 7}
"""What may be broken so badly that no server should take the zone; the rest (1, 8, 9) deserves a warning."""


class Said(NamedTuple):
    """A reply: its code, its flags, and each section as a set of records."""

    rcode: str
    flags: str
    answer: frozenset[str]
    authority: frozenset[str]
    additional: frozenset[str]


@dataclass(frozen=True)
class Case:
    """A zone and a question, and what other servers said to it, by their names."""

    number: int
    zone: tuple[str, ...]
    name: str
    rtype: str
    tag: str
    groups: tuple[tuple[str, Said], ...]

    @property
    def suffix(self) -> str:
        """Give what is put behind every name of the case."""
        return f"c{self.number}.test."

    @property
    def apex(self) -> str:
        """Name the zone, suffix included."""
        return next(record.split()[0] for record in self.zone if " SOA " in record) + self.suffix

    def text(self) -> str:
        """Write the zone as a master file."""
        return "\n".join(suffixed(record, self.suffix) for record in self.zone) + "\n"

    def agrees(self, said: Said) -> bool:
        """Tell whether a reply is that of another server, or ends a loop in an error."""
        if any(is_alike(said, group) for _, group in self.groups):
            return True
        return self.tag in LOOPS and said.rcode in ("SERVFAIL", "YXDOMAIN") and self._loops()

    def _loops(self) -> bool:
        """Tell whether other servers did not find an end: some gave up, or none said what another did."""
        return len(self.groups) > 1 or self.groups[0][1].rcode in ("SERVFAIL", "YXDOMAIN")


def is_alike(said: Said, group: Said) -> bool:
    """Compare all sections; of positive answers without what a server is free to add."""
    if said[:3] != group[:3] or said.additional != group.additional:
        return False
    if said.answer and not said.authority:
        return all(" in ns " in record for record in group.authority)
    return said.authority == group.authority


def suffixed(record: str, suffix: str) -> str:
    """Put a suffix behind the owner and the names in the data of a record."""
    owner, ttl, rdclass, rtype, *data = record.split()
    count = NAMES.get(rtype, 0)
    return " ".join([owner + suffix, ttl, rdclass, rtype, *(each + suffix for each in data[:count]), *data[count:]])


def lines(file: str, step: int = 1) -> Iterator[dict[str, Any]]:
    """Read every so many lines of a file of the dataset; Skip where it is not there."""
    if not (DATA / file).exists():
        raise Skip(f"{file} is not beside this checkout")
    with lzma.open(DATA / file, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            if number % step == 0:
                yield json.loads(line)


def cases(step: int = 1) -> list[Case]:
    """Read every so many cases of the sample."""
    return [
        Case(each["id"], tuple(each["zone"]), each["q"], each["t"], each["tag"], tuple(map(_group, each["expect"])))
        for each in lines("ferret-sample.jsonl.xz", step)
    ]


def _group(told: dict[str, Any]) -> tuple[str, Said]:
    sections = (frozenset(map(str.lower, told[name])) for name in ("answer", "authority", "additional"))
    return ",".join(told["by"]), Said(told["rcode"], told["flags"], *sections)


def serve(found: Sequence[Case], folder: Path) -> Engine:
    """Load all zones at once, from a Corefile and a master file for each."""
    text = []
    for case in found:
        (folder / f"{case.number}.zone").write_text(case.text(), encoding="utf-8")
        text.append(f'[[zone]]\nname = "{case.apex}"\nchain = [{{ use = "zone", file = "{case.number}.zone" }}]\n')
    (folder / "Corefile.toml").write_text("\n".join(text), encoding="utf-8")
    return Engine(load(folder / "Corefile.toml").service, Random(0))


def ask(engine: Engine, case: Case) -> Said:
    """Ask a case's question over TCP, where nothing is cut off, and take the suffix off again."""
    query = dns.message.make_query(case.name + case.suffix, case.rtype, flags=0)
    wire = engine.answer(query.to_wire(), "192.0.2.1", 0.0, TCP)
    assert wire is not None
    reply = dns.message.from_wire(wire)
    assert query.is_response(reply)
    sections = (_records(section, case.suffix) for section in (reply.answer, reply.authority, reply.additional))
    return Said(dns.rcode.to_text(reply.rcode()), dns.flags.to_text(reply.flags), *sections)


def _records(section: Sequence[dns.rrset.RRset], suffix: str) -> frozenset[str]:
    return frozenset(
        f"{each.name} {each.ttl} in {dns.rdatatype.to_text(each.rdtype)} {rdata}".lower().replace(suffix, "")
        for each in section
        for rdata in each
    )


def suite(folder: Path, step: int = 1) -> Outcome:
    """Ask every so many cases of the sample; Skip where the dataset is not there."""
    found = cases(step)
    engine = serve(found, folder)
    told = ((case, ask(engine, case)) for case in found)
    wrong = (
        Wrong(f"{case.number} {case.name} {case.rtype}", str(said)) for case, said in told if not case.agrees(said)
    )
    return Outcome(len(found), tuple(wrong))


def refusals(folder: Path, step: int = 1) -> Outcome:
    """Load every so many of the zones that break a rule; Skip where the dataset is not there."""
    found = list(lines("ferret-invalid.jsonl.xz", step))
    told = ((each["id"], misread(each, folder)) for each in found)
    return Outcome(len(found), tuple(Wrong(number, what) for number, what in told if what))


def misread(broken: dict[str, Any], folder: Path) -> str:
    """Say what is wrong with how a zone that breaks a rule is taken, if anything is."""
    zone, warnings = broken["zone"], []
    apex = next((record.split()[0] for record in zone if " SOA " in record), "example.")
    (folder / "broken.zone").write_text("\n".join(zone) + "\n", encoding="utf-8")
    setup = Setup(zone=name.parse(apex), folder=folder, warn=warnings.append)
    try:
        ZonePlugin(ZoneOptions(file="broken.zone"), setup)
    except PluginFault as fault:
        if broken["broken_condition"] not in REFUSED:
            return f"refused: {fault}"
        return "" if fault.file and fault.line and ": " in str(fault) else f"refused without its place: {fault}"
    if broken["broken_condition"] in REFUSED:
        return "taken"
    is_doubled = len(set(zone)) < len(zone)
    place = re.compile(rf"{re.escape(str(folder))}/broken\.zone:\d+: \S+ \w+: ")
    told = all(place.match(warning) for warning in warnings) and (warnings or not is_doubled)
    return "" if told else f"taken with no warning that names its place: {warnings}"
