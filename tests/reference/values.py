"""Small configurations by hand."""

from dataclasses import replace

from gtm import Address, Domain, Kind, Member, Pool, codes

from .configurations import value_of
from .served import SHOP


def pool_of(number, size, *, weights=(1,) * 9, lines=(), kind=Kind.IPV4, **more):
    """Make pool ``p1`` of addresses 192.0.2.17, 192.0.2.18 and so on, ``p2`` of 192.0.2.33 and so on."""
    values = [value_of(kind, number, place) for place in range(1, size + 1)]
    members = tuple(
        Member(Address(f"address:p{number}/{value}", value, kind), place, weights[place - 1], lines)
        for place, value in enumerate(values, 1)
    )
    return Pool(f"p{number}", kind, members, **more)


def domain_of(*pools, weights=(1,) * 9, qtype=codes.A, **more):
    members = tuple(Member(pool, place, weights[place - 1]) for place, pool in enumerate(pools, 1))
    return Domain(SHOP, qtype, members, **more)


def on_lines(domain, *lines):
    """Put each pool of an access domain on its lines."""
    members = tuple(replace(member, lines=found) for member, found in zip(domain.members, lines, strict=True))
    return replace(domain, members=members)
