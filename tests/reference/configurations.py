"""Random configurations and random histories, for hypothesis."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from gtm import Address, Check, Domain, Kind, Member, Mode, Pool, codes

from .served import CLIENTS, SHOP, WWW

POLICIES = ("sequence", "weighted", "round_robin", "nearest")
LINES = ("carrier", "branch", "country", "elsewhere", "default")
JUDGEMENTS = (50, 100, 34, 1, 70, 30, 0)
FITTING = {codes.A: (Kind.IPV4, Kind.DOMAIN), codes.AAAA: (Kind.IPV6, Kind.DOMAIN), codes.CNAME: (Kind.DOMAIN,)}
NAMES = (SHOP, WWW)

# the ends of a range are drawn oftenest, so what is rare stands in the middle
mostly = st.sampled_from((*[True] * 9, False, *[True] * 9))
lines = st.lists(st.sampled_from(LINES), max_size=2, unique=True).map(tuple)
weights = st.sampled_from((1, 3, 0, 7, 2, 1))
modes = st.sampled_from((*[Mode.AUTO] * 9, Mode.UP, Mode.DOWN, *[Mode.AUTO] * 9))


@dataclass(frozen=True)
class Tell:
    """Verdicts that change at once: (number of a thing that is told of, whether it is well); None tells of everything."""

    changes: tuple
    everything: bool | None = None


@dataclass(frozen=True)
class Fail:
    """Whoever serves in the group of this number goes down."""

    group: int


@dataclass(frozen=True)
class Recover:
    """All of the group of this number comes up."""

    group: int


@dataclass(frozen=True)
class Ask:
    """Queries by a client in a network, for the number of an access domain. ``covered``: for an A where there is a CNAME."""

    domain: int
    network: str
    by_subnet: bool
    times: int
    covered: bool


@dataclass(frozen=True)
class Restart:
    """The process ends and starts anew."""


@dataclass(frozen=True)
class Reload:
    """One change of the configuration: what, of the number of a group, and a number to do it with."""

    change: str
    group: int
    number: int


def value_of(kind, pool, number):
    match kind:
        case Kind.IPV4:
            return f"192.0.2.{16 * pool + number}"
        case Kind.IPV6:
            return f"2001:db8:{pool:x}::{number:x}"
        case Kind.DOMAIN:
            return f"x{number}.p{pool}.example.net"


@st.composite
def addresses(draw, kind, pool, number):
    value = value_of(kind, pool, number)
    templates = ("tcp", "web", "ping")[: draw(st.sampled_from((0, 1, 2, 3, 0)))]
    return Address(
        key=f"address:p{pool}/{value}",
        value=value,
        kind=kind,
        enabled=draw(mostly),
        mode=draw(modes),
        healthy_when=draw(st.sampled_from(JUDGEMENTS)),
        checks=tuple(Check(template, 80, value) for template in templates),
    )


@st.composite
def pools(draw, number, kind):
    size = draw(st.sampled_from((2, 3, 1, 4, 0, 4, 1, 2, 3)))
    members = tuple(
        Member(draw(addresses(kind, number, position)), position, draw(weights), draw(lines))
        for position in range(1, size + 1)
    )
    return Pool(
        f"p{number}",
        kind,
        members,
        draw(st.sampled_from(POLICIES)),
        preemptive=draw(st.booleans()),
        enabled=draw(mostly),
        healthy_when=draw(st.sampled_from(JUDGEMENTS)),
    )


@st.composite
def domains(draw, name, qtype, among):
    fitting = [pool for pool in among if pool.kind in FITTING[qtype]]
    size = min(len(fitting), draw(st.sampled_from((2, 3, 1, 4, 3, 2))))
    chosen = draw(st.permutations(fitting))[:size]
    members = tuple(Member(pool, position, draw(weights), draw(lines)) for position, pool in enumerate(chosen, 1))
    domain = Domain(
        name,
        qtype,
        members,
        ttl=draw(st.sampled_from((0, 5, 30))),
        policy=draw(st.sampled_from(POLICIES)),
        preemptive=draw(st.booleans()),
        enabled=draw(mostly),
    )
    return lawful(domain)


def lawful(domain):
    """R-13: no round robin between pools of different kinds."""
    kinds = {member.item.kind for member in domain.members}
    if len(kinds) > 1 and domain.policy == "round_robin":
        return replace(domain, policy="weighted")
    return domain


@st.composite
def configurations(draw):
    """Draw two access domains over pools that they may share."""
    qtypes = [draw(st.sampled_from((codes.A, codes.A, codes.CNAME, codes.AAAA, codes.A, codes.A))) for _ in NAMES]
    kinds = [draw(st.sampled_from((FITTING[qtype][0], *FITTING[qtype]))) for qtype in (*qtypes, *qtypes)]
    among = [draw(pools(number, kind)) for number, kind in enumerate(kinds, 1)]
    return tuple(draw(domains(name, qtype, among)) for name, qtype in zip(NAMES, qtypes, strict=True))


numbers = st.integers(0, 11)
tells = st.one_of(
    st.lists(st.tuples(numbers, st.booleans()), min_size=1, max_size=6).map(lambda found: Tell(tuple(found))),
    st.booleans().map(lambda well: Tell((), well)),
)
flaps = st.one_of(st.builds(Fail, numbers), st.builds(Recover, numbers))
reloads = st.builds(Reload, st.sampled_from(("reorder", "preemptive", "enabled", "policy")), numbers, numbers)
asks = st.builds(
    Ask, st.integers(0, 1), st.sampled_from(tuple(CLIENTS)), st.booleans(), st.integers(1, 4), st.booleans()
)
events = st.one_of(flaps, flaps, tells, reloads, st.just(Restart()))
histories = st.lists(st.tuples(events, asks), min_size=4, max_size=20)


def told_of(item):
    """The keys that verdicts below a group or address may be on: an address's checks, or itself where it has none."""
    if isinstance(item, Address):
        return tuple(check.key for check in item.checks) or (item.key,)
    return tuple(dict.fromkeys(key for member in item.members for key in told_of(member.item)))


def group_of(configuration, number):
    """Access domains and pools, each once."""
    pools = {member.item.name: member.item for domain in configuration for member in domain.members}
    groups = [*configuration, *pools.values()]
    return groups[number % len(groups)]


def changed(configuration, reload):
    """Apply a change to one group, wherever it stands."""
    group = group_of(configuration, reload.group)
    after = CHANGES[reload.change](group, reload.number)
    return tuple(lawful(after if domain is group else exchanged(domain, group, after)) for domain in configuration)


def exchanged(domain, before, after):
    members = (replace(member, item=after) if member.item is before else member for member in domain.members)
    return replace(domain, members=tuple(members))


def reordered(group, number):
    turn = number % (len(group.members) or 1)
    members = (*group.members[turn:], *group.members[:turn])
    return replace(group, members=tuple(replace(member, position=place) for place, member in enumerate(members, 1)))


def switched(group, number):
    """Enable or disable the group, or one of its addresses."""
    if isinstance(group, Domain) or number % 2 or not group.members:
        return replace(group, enabled=not group.enabled)
    chosen = number // 2 % len(group.members)
    member = group.members[chosen]
    member = replace(member, item=replace(member.item, enabled=not member.item.enabled))
    return replace(group, members=(*group.members[:chosen], member, *group.members[chosen + 1 :]))


CHANGES = {
    "reorder": reordered,
    "preemptive": lambda group, _: replace(group, preemptive=not group.preemptive),
    "enabled": switched,
    "policy": lambda group, number: replace(group, policy=POLICIES[number % len(POLICIES)]),
}
