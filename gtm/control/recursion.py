"""Asks a resolver for the addresses of a name, and follows the aliases on the way that the resolver leaves to us."""

from ipaddress import ip_address
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from gtm.config.loaded import Sought
from gtm.health.resolving import MOST, Answer, Failure

LIFETIME: Final = 5.0
"""Seconds for which the servers of a resolver are asked."""
MAX_ALIASES: Final = 16
SIZE: Final = 1232


async def ask(sought: Sought) -> Answer | Failure:
    """Look a name up; it never raises."""
    who = "the system's resolver" if sought.resolver is None else f"the resolver {sought.resolver[0]}"
    try:
        return await _followed(_resolver(sought), sought)
    except dns.resolver.NXDOMAIN as fault:
        response = next(iter(fault.kwargs["responses"].values()))
        return Answer((), response.resolve_chaining().minimum_ttl, "there is no such name")
    except dns.resolver.NoResolverConfiguration:
        return Failure("the system names no resolver")
    except dns.exception.Timeout:
        return Failure(f"{who} did not answer within {LIFETIME:.0f} s")
    except dns.resolver.NoNameservers as fault:
        said = fault.kwargs["errors"][-1][3]
        return Failure(f"{who} answered {said}" if isinstance(said, str) else f"{who}: {said or type(said).__name__}")
    except Exception as fault:  # noqa: BLE001  whatever a resolver sends, the next lookup must come
        return Failure(f"{who}: {fault or type(fault).__name__}")


def _resolver(sought: Sought) -> dns.asyncresolver.Resolver:
    """Read the system's configuration anew each time: it may have changed."""
    resolver = dns.asyncresolver.Resolver(configure=sought.resolver is None)
    if sought.resolver is not None:
        resolver.nameservers, resolver.port = [sought.resolver[0]], sought.resolver[1]
    resolver.lifetime = LIFETIME
    resolver.use_edns(0, 0, SIZE)
    return resolver


async def _followed(resolver: dns.asyncresolver.Resolver, sought: Sought) -> Answer | Failure:
    target, ttl = dns.name.from_wire(sought.target, 0)[0], MOST
    for _ in range(MAX_ALIASES):
        found = await resolver.resolve(
            target, dns.rdatatype.RdataType.make(sought.qtype), raise_on_no_answer=False, search=False
        )
        ttl = min(ttl, found.chaining_result.minimum_ttl)
        if found.rrset is not None:
            return Answer(tuple(ip_address(data.address).packed for data in found.rrset), ttl)
        said = {rrset.rdtype for rrset in found.response.authority}
        if dns.rdatatype.SOA not in said and found.canonical_name != target:
            target = found.canonical_name
        elif dns.rdatatype.NS in said and dns.rdatatype.SOA not in said:
            return Failure("it refers to other servers; name a resolver, which asks them itself")
        else:
            return Answer((), ttl)
    return Failure(f"more than {MAX_ALIASES} aliases follow each other")
