"""Takes members out on the running server the way a failure would, and times how long they stay in the answers.

The probes of their checks go on at their turns, and each counts as failed: schedule, verdict, confirmation and publishing
all take part. Whatever happens, the members are put back, after twice the bound and five seconds at the latest.
"""

import asyncio
import logging
from contextlib import suppress
from types import MappingProxyType
from typing import Final

import dns.asyncquery
import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype
import msgspec

from gtm.config.wording import quote
from gtm.control.aim import Ground, Plan, Watched, addresses, aim, plain, templates
from gtm.control.door import DrillRequest, Refused
from gtm.dns import codes, name
from gtm.health.override import Left
from gtm.health.table import State
from gtm.health.world import Looking
from gtm.model.member import Domain

log = logging.getLogger("gtm")
PAUSE: Final = 0.02
"""Seconds between two questions about one access domain."""
SURE: Final = 25
"""Answers in a row that must be without the dead addresses, and questions that may show them before."""
MOST: Final = 20
"""Access domains that are asked about."""
SLACK: Final = 5.0
PATIENCE: Final = 1.0
"""Seconds that an answer is waited for."""
ANYWHERE: Final = MappingProxyType({"0.0.0.0": "127.0.0.1", "::": "::1"})


class Gone(msgspec.Struct, frozen=True):
    """What became of one access domain: seconds until the dead addresses were out of the answers, and the most it may take.

    ``seen`` is whether they were in the answers to this machine at all; if not, the seconds are those until the verdict.
    The seconds are also those of the verdict where the access domain ``stays`` on its last resort, for nobody else is left.
    """

    domain: str
    seconds: float | None
    bound: float
    seen: bool
    stays: bool
    kept: bool


class Drilled(msgspec.Struct, frozen=True):
    """What a drill showed. ``dead`` are the addresses that were taken out; ``spared`` those that could not be, each with why.

    ``unasked`` access domains were too many to ask about. ``back`` is how many seconds it took until all that was put back
    was believed to be well again, None where that did not come in time.
    """

    on: str
    dead: tuple[str, ...]
    spared: tuple[str, ...]
    domains: tuple[Gone, ...]
    unasked: int
    left: tuple[Left, ...]
    back: float | None
    kept: bool


class Drills:
    """Drills on one server, one at a time."""

    def __init__(self, ground: Ground) -> None:
        """Drill here."""
        self._ground = ground
        self._under_way = ""

    async def run(self, request: DrillRequest) -> Drilled:
        """Take out whom the request names, measure, and put back; Refused in words when that can't be, or must be ended."""
        if self._under_way:
            raise Refused(f"a drill of {self._under_way} is under way; one at a time")
        plan = aim(request, self._ground)
        self._under_way = request.on
        by = f" by {quote(request.by)}" if request.by else ""
        log.info("drill of %s%s: its probes count as failed for a while", quote(request.on), by)
        try:
            gone = await self._measured(plan)
            back = await self._returned(plan)
        finally:
            self._under_way = ""
            log.info("drill of %s is over", quote(request.on))
        return Drilled(
            on=request.on,
            dead=tuple(sorted(plan.dead)),
            spared=plan.spared,
            domains=gone,
            unasked=max(0, len(plan.watched) - MOST),
            left=plan.left,
            back=back,
            kept=all(each.kept for each in gone),
        )

    async def _measured(self, plan: Plan) -> tuple[Gone, ...]:
        """Let the checks fail until every access domain is seen to be rid of the dead, or it takes too long."""
        before = self._ground.state
        asked = plan.watched[:MOST]
        seen = await asyncio.gather(*(self._shown(each) for each in asked))
        loop = asyncio.get_running_loop()
        with self._ground.feign(plan.checks):
            start = loop.time()
            limit = start + 2 * plan.bound + SLACK
            guard = asyncio.ensure_future(self._guard(plan, before))
            work = asyncio.gather(*(self._rid(each, limit) for each in asked))
            try:
                await asyncio.wait((guard, work), return_when=asyncio.FIRST_COMPLETED)
                if not work.done():
                    guard.result()
                found = await work
            finally:
                for task in (guard, work):
                    task.cancel()
                    with suppress(asyncio.CancelledError, Refused):
                        await task
        return tuple(
            _gone(each, moment, start, was_seen=was_seen)
            for each, moment, was_seen in zip(asked, found, seen, strict=True)
        )

    async def _guard(self, plan: Plan, before: State) -> None:
        """Refuse to go on when something happens that is no drill."""
        ours = {key for each in plan.watched for key in addresses(each.domain, Looking(before))}
        while True:
            await asyncio.sleep(PAUSE)
            if self._ground.loaded is not plan.loaded:
                raise Refused("the configuration was loaded anew while drilling; all is put back")
            others = sorted((self._ground.state.down - before.down - plan.dead.keys()) & ours)
            if others:
                raise Refused(f"{others[0]} went down while drilling, and that is no drill; all is put back")

    async def _shown(self, watched: Watched) -> bool:
        """Tell whether answers to us hold any of those that are to die; Refused when there are no answers to look at."""
        for _ in range(SURE):
            try:
                if await self._asked(watched):
                    return True
            except OSError as fault:
                raise Refused(f"answers can't be timed: {fault}; nothing was taken out") from fault
            await asyncio.sleep(PAUSE)
        return False

    async def _rid(self, watched: Watched, limit: float) -> float | None:
        """Give the moment from which no answer held a dead address any more; None when that did not come."""
        loop, clean, moment = asyncio.get_running_loop(), 0, None
        while clean < SURE and loop.time() < limit:
            is_down = watched.addresses <= self._ground.state.down
            if is_down and watched.stays:
                return loop.time()
            with suppress(OSError):
                if await self._asked(watched) or not is_down:
                    clean, moment = 0, None
                else:
                    clean, moment = clean + 1, moment or loop.time()
            await asyncio.sleep(PAUSE)
        return moment

    async def _asked(self, watched: Watched) -> bool:
        """Ask once whether a dead address is answered; OSError when nobody answers."""
        return not watched.values.isdisjoint(map(plain, await self._ground.answers(watched.domain)))

    async def _returned(self, plan: Plan) -> float | None:
        """Wait until all that was put back is believed to be well."""
        loop, known = asyncio.get_running_loop(), templates(plan.loaded)
        used = [known[check.template] for address in plan.dead.values() for check in address.checks]
        start = loop.time()
        limit = (
            start + max((each.hold + each.rise * (each.interval + each.timeout) for each in used), default=0.0) + SLACK
        )
        while not plan.dead.keys().isdisjoint(self._ground.state.down):
            if loop.time() > limit:
                return None
            await asyncio.sleep(PAUSE)
        return loop.time() - start


def _gone(watched: Watched, moment: float | None, start: float, *, was_seen: bool) -> Gone:
    seconds = None if moment is None else moment - start
    kept = seconds is not None and seconds <= watched.bound
    return Gone(watched.domain.key, seconds, watched.bound, was_seen, watched.stays, kept)


async def ask(host: str, port: int, domain: Domain) -> frozenset[str]:
    """Ask a server for an access domain, and give the values of its answer; OSError says why there is none.

    It is asked over TCP, where nobody is answered less for asking often.
    """
    place = ANYWHERE.get(host, host)
    query = dns.message.make_query(f"{name.show(domain.name)}.", codes.type_text(domain.qtype))
    try:
        reply = await dns.asyncquery.tcp(query, place, timeout=PATIENCE, port=port)
    except (OSError, EOFError, dns.exception.DNSException) as fault:
        raise OSError(f"no answer from {place} port {port} over TCP") from fault
    if reply.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise OSError(f"{dns.rcode.to_text(reply.rcode())} from {place} port {port}")
    wanted = (dns.rdatatype.A, dns.rdatatype.AAAA, dns.rdatatype.CNAME)
    return frozenset(record.to_text() for found in reply.answer if found.rdtype in wanted for record in found)
