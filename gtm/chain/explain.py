"""One walk, told: the same walk that the server takes, with everything that was read and said on it."""

from collections.abc import Iterator
from dataclasses import fields
from math import inf

import msgspec
from dns.edns import EDECode

from gtm.chain.chain import Chain, Service
from gtm.chain.classify import classify
from gtm.chain.facts import RESOLVED, WORD, Clients, Facts, Read, World
from gtm.chain.plan import lifetime
from gtm.chain.trace import PluginError, Step
from gtm.chain.walk import Walk
from gtm.chain.ways import Company, Way, company, data, ways
from gtm.chain.word import Outcome, Static, Steered
from gtm.dns import codes, name
from gtm.model.place import Client, Known, Place
from gtm.model.question import Question


class FactRead(msgspec.Struct, frozen=True):
    """A fact, the value that was read, who read it first, and the leading address bits that it rests on."""

    name: str
    value: str | int | bool | None
    read_by: str
    prefix: int


class Explanation(msgspec.Struct, frozen=True):
    """All about one answer; ``gtm explain --json`` prints it as it is.

    ``reason`` is what the extended error says (RFC 8914), where there is one; ``additional`` are the hosts whose
    addresses go along. ``ttl`` in seconds, the smallest of the answer.
    """

    question: str
    client: str
    zone: str | None
    rcode: str
    reason: str | None
    aliases: tuple[str, ...]
    answers: tuple[Way, ...]
    additional: tuple[Company, ...]
    ttl: int | None
    ttl_from: str | None
    ecs_scope: int
    facts: tuple[FactRead, ...]
    steps: tuple[Step, ...]

    @property
    def records(self) -> frozenset[str]:
        """Every record that may be given."""
        return frozenset(record for way in self.answers for record in way.records)


def explain(service: Service, question: Question, client: Client, world: World, now: float) -> Explanation:
    """Walk for a client as of ``now`` (seconds since 1970), and tell of it."""
    steps: list[Step] = []

    def complain(error: PluginError) -> None:
        steps.append(Step(error.hook, error.plugin, "", "", "error", error.reason))

    found = [Place()]

    def hear(plugin: str, place: Place | None) -> None:
        steps.append(Step("classify", plugin, "", "", *(_told(found[-1], place) if place else ("pass", ""))))
        found.append(place or found[-1])

    def locate(chain: Chain, visitor: Client) -> Place:
        return classify(chain, visitor, complain, hear)

    facts = Facts(client, world, Clients(1024), now)
    walk = Walk(service, facts, locate, steps)
    outcome = walk.run(question)
    chain = service.chain(question.name, question.qtype)
    ttl, ttl_from = _ttl(facts, outcome, now)
    end = outcome.end
    return Explanation(
        question=str(question),
        client=f"line {client.line}" if client.line else f"{client.address}/{client.prefix}",
        zone=name.show(chain.zone) if chain else None,
        rcode=codes.rcode_text(codes.NOERROR if isinstance(end, Steered) else end.rcode),
        reason=_reason(end),
        aliases=tuple(data(record) for record in outcome.answer if record.rtype == codes.CNAME),
        answers=tuple(ways(outcome)),
        additional=() if isinstance(end, Steered) else tuple(company(end)),
        ttl=ttl,
        ttl_from=ttl_from,
        ecs_scope=max((read.prefix for read in facts.reads.values()), default=0),
        facts=tuple(_reads(facts)),
        steps=tuple(steps),
    )


def _reads(facts: Facts) -> Iterator[FactRead]:
    for read in facts.reads.values():
        if read.value is not None or read.world is None or read.world[0] != WORD:  # nobody's word is no news
            yield FactRead(read.name, _plain(read), read.by, read.prefix)


def _reason(end: Steered | Static) -> str | None:
    if isinstance(end, Steered) or end.ede is None:
        return None
    number, text = end.ede
    return text or EDECode.make(number).name.replace("_", " ").lower()


def _ttl(facts: Facts, outcome: Outcome, now: float) -> tuple[int | None, str | None]:
    """Find the smallest TTL in the answer, and what set it."""
    _, most = lifetime(facts.reads.values(), outcome, now)
    end = outcome.end
    given = [(record.ttl, "zone") for record in outcome.answer]
    if isinstance(end, Steered):
        given.append((end.ttl, end.ttl_from))
    else:
        hinted = {record.ttl for record in outcome.answer if record.rtype in (codes.SVCB, codes.HTTPS)}
        given = [(host.end.ttl, host.end.ttl_from) for host in end.hosts if host.end.ttl in hinted] + given
        given += [(record.ttl, "zone") for record in end.authority]
    clocks = [read for read in facts.reads.values() if read.until < inf]
    if clocks and given:
        given.append((most, min(clocks, key=lambda read: read.until).name))
    return min(given, key=lambda pair: pair[0]) if given else (None, None)


def _plain(read: Read) -> str | int | bool | None:
    value = read.value
    if value is None and read.world is not None and read.world[0] == RESOLVED:
        return "not known here; the running server looks it up"
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _told(before: Place, place: Place) -> tuple[str, str]:
    """Say what a plugin added to a place."""
    added = [(each.name, getattr(place, each.name)) for each in fields(place)]
    added = [(key, value) for key, value in added if value != getattr(before, key)]
    told = (f"{key} {value.value} /{value.prefix}" if isinstance(value, Known) else key for key, value in added)
    return "place", ", ".join(told)
