"""The behaviour rules in plain Python, written from the rules alone: no plan, no cache, no plugin, and in no hurry.

A *world* is what is known at a moment: verdicts by the key of a check (or of an address that was told of as a whole), and
the member that each sticky group holds. A *client* is the lines that it is on, most specific first, ``default`` left out.

Where the rules leave something open, this is how they are read here:

- Choices in which a member yields nothing for this client (R-74): round robin and weights are among the pools that have
  something to give; sequence and nearest choose the pool first, and the answer is empty when that has nothing (AMB-17).
- A pool that is disabled or empty still stands at its lines: whoever is on them counts as being on a dead line (R-63).
- A group that is not preemptive is settled at every change of the world, asked for or not. While nobody in it is
  available it holds on to what it held; then that member is kept if it came back in the same change, else the
  available one with the smallest number takes over (R-55, R-56, R-85).
- A group holds nobody while it is preemptive or of another policy; a group that no enabled access domain leads to stays
  as it was.
"""

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction

from gtm import DEFAULT_LINE, Address, Domain, Health, Mode, Verdict, codes


class End(Enum):
    """How a query ends without an address."""

    ZONE = "the zone answers"
    NO_DATA = "nothing fits this client"


@dataclass
class World:
    """What is known at a moment."""

    verdicts: dict = field(default_factory=dict)
    held: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Give:
    """All of several ways in rotation, or one of them by weight. A way is (weight, Give or Address)."""

    how: str
    group: str
    members: tuple
    ways: tuple


def by_number(group):
    return sorted(group.members, key=lambda member: member.position)


def is_enough(good, total, percent):
    """``percent`` 0 means any: at least one (R-26, R-30)."""
    return good > 0 and Fraction(good, total) >= Fraction(percent, 100)


def health(address, world):
    """R-25 to R-28; tasks without a verdict are not counted (AMB-9)."""
    if address.key in world.verdicts:
        return Health.OK if world.verdicts[address.key] is Verdict.UP else Health.EXCEPTIONAL
    if not address.checks:
        return Health.OK_NO_MONITOR
    known = [world.verdicts[check.key] for check in address.checks if check.key in world.verdicts]
    if not known:
        return Health.NO_DATA
    good = known.count(Verdict.UP)
    if good == len(known):
        return Health.OK
    return Health.OK_ALERT if is_enough(good, len(known), address.healthy_when) else Health.EXCEPTIONAL


def is_available(item, world):
    """An address by R-20 to R-23, a pool by R-30 to R-36: of all its addresses, disabled ones included (AMB-10)."""
    if not item.enabled:
        return False
    if isinstance(item, Address):
        return item.mode is Mode.UP or (item.mode is Mode.AUTO and health(item, world) is not Health.EXCEPTIONAL)
    good = [member for member in item.members if is_available(member.item, world)]
    return is_enough(len(good), len(item.members), item.healthy_when)


def available(group, world):
    return [member for member in by_number(group) if is_available(member.item, world)]


def is_scheduling(domain):
    """R-3, R-9: enabled, with an address in some pool."""
    return domain.enabled and any(member.item.members for member in domain.members)


def find(domains, name, qtype):
    """R-1, R-2, and AMB-26: a CNAME covers every type that has no access domain of its own."""
    for wanted in (qtype, codes.CNAME):
        for domain in domains:
            if (domain.name, domain.qtype) == (name, wanted) and is_scheduling(domain):
                return domain
    return None


def steer(domain, client, world):
    """R-50: which pool, then which of its addresses. Gives the ways that there are, or an End."""
    able = available(domain, world)
    if not able:
        return last_resort(domain)
    how, members = scheduled(domain, able, client, world)
    return give(how, domain, [(member, within(member.item, client, world)) for member in members]) or End.NO_DATA


def within(pool, client, world):
    """R-34, R-70 to R-74; None when the pool has nothing for this client."""
    how, members = scheduled(pool, available(pool, world), client, world)
    return give(how, pool, [(member, member.item) for member in members])


def give(how, group, ways):
    ways = [(member, way) for member, way in ways if way is not None]
    if not ways:
        return None
    keys = tuple(member.key for member, _ in ways)
    return Give(how, group.key, keys, tuple((member.weight, way) for member, way in ways))


def scheduled(group, able, client, world):
    """What the policy makes of those that are available."""
    match group.policy:
        case "round_robin":
            return "all", able
        case "weighted":
            return "one", able
        case "sequence":
            return "all", [current(group, able, world)]
        case "nearest":
            return "all", nearest(group, able, client)


def is_sticky(group):
    return group.policy == "sequence" and not group.preemptive


def current(group, able, world):
    """R-53 to R-57, R-72."""
    if is_sticky(group):
        for member in able:
            if member.key == world.held.get(group.key):
                return member
    return able[0]


def nearest(group, able, client):
    """R-60 to R-66 between pools, R-74 within one: nobody, or the one with the smallest number."""
    carried = {line for member in group.members for line in member.lines}
    line = next((line for line in client if line in carried), None)
    fitting = [member for member in able if line in member.lines]
    fitting = fitting or [member for member in able if DEFAULT_LINE in member.lines]
    if not fitting and isinstance(group, Domain) and (line or DEFAULT_LINE in carried):
        fitting = able  # R-84, AMB-20
    return fitting[:1]


def last_resort(domain):
    """R-80 to R-84: all addresses of one pool, whatever their health; the zone where nobody enabled is left (AMB-19)."""
    pools = [member for member in by_number(domain) if member.item.enabled and resort(member.item)]
    if domain.policy == "nearest":
        pools.sort(key=lambda member: DEFAULT_LINE not in member.lines)
    if not pools:
        return End.ZONE
    return give("all", pools[0].item, [(member, member.item) for member in resort(pools[0].item)])


def resort(pool):
    return [member for member in by_number(pool) if member.item.enabled and member.item.mode is not Mode.DOWN]


def groups(domains):
    """Every group that an enabled access domain leads to."""
    scheduling = [domain for domain in domains if is_scheduling(domain)]
    return [*scheduling, *(member.item for domain in scheduling for member in domain.members)]


def settle(domains, world):
    """Give whom the sticky groups hold from now on."""
    held = dict(world.held)
    for group in groups(domains):
        if not is_sticky(group):
            held.pop(group.key, None)
        elif able := available(group, world):
            held[group.key] = current(group, able, world).key
    return held
