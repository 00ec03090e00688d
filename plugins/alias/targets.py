"""Reads which name is an alias of which."""

from collections.abc import Mapping

from gtm import Name, PluginFault
from gtm import name as names


def read(written: Mapping[str, str], zone: Name) -> dict[Name, Name]:
    """Give the target of each owner; PluginFault for the first that can't be one."""
    found: dict[Name, Name] = {}
    for left, right in written.items():
        owner, target = _owner(left, zone), _target(right, left)
        if owner in found:
            raise PluginFault(f'"{left}" stands there twice; a name has one target')
        if target == owner:
            raise PluginFault(f'"{left}" is an alias of itself; name a target elsewhere')
        found[owner] = target
    return found


def _owner(text: str, zone: Name) -> Name:
    """Read an owner as a master file would: relative to the zone, unless it ends in a dot."""
    shown = names.show(zone)
    if text == "@":
        return zone
    found = _parsed(text)
    if text.endswith("."):
        if not names.is_under(found, zone):
            raise PluginFault(f'"{text}" is outside the zone "{shown}"; write it in the chain of its own zone')
    elif names.is_under(found, zone) and zone != names.ROOT:
        raise PluginFault(
            f'"{text}" is relative to the zone, so it means "{text}.{shown}"; end it with a dot, or leave "{shown}" out'
        )
    else:
        found = _joined(found, zone, text)
    if found.startswith(b"\1*"):
        raise PluginFault(f'"{text}" is a wildcard; which names that covers is not known here, so write each of them')
    return found


def _target(text: str, owner: str) -> Name:
    found = _parsed(text)
    if len(names.labels(found)) < 2 and (not text.endswith(".") or found == names.ROOT):
        raise PluginFault(
            f'"{owner}": the target "{text}" is no host name; write the whole name, such as "lb.example.net"'
        )
    if found.startswith(b"\1*"):
        raise PluginFault(f'"{owner}": the target "{text}" is a wildcard; name a host')
    return found


def _parsed(text: str) -> Name:
    try:
        return names.parse(text)
    except names.BadName as fault:
        raise PluginFault(str(fault)) from fault


def _joined(found: Name, zone: Name, text: str) -> Name:
    whole = found[:-1] + zone
    if len(whole) > names.MAX_NAME:
        raise PluginFault(
            f'"{text}" is too long: with its zone it has {len(whole)} octets, and {names.MAX_NAME} are the most'
        )
    return Name(whole)
