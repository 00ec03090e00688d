"""Data to typed tables, noting every fault on the way.

What is right is converted whole, at once. Only what is wrong is taken apart, to find each fault and its place; the rest
of the table is kept, so that its other laws can still be checked.
"""

import types
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Final, Literal, TypeGuard, TypeVar, Union, get_args, get_origin

import msgspec

from gtm.config.describe import choices, describe
from gtm.config.report import Report
from gtm.config.source import At
from gtm.config.wording import listed, nearest, quote, raised

T = TypeVar("T")


class _Missing:
    """No value: there was a fault, and it is noted."""


_MISSING: Final = _Missing()
_WRONG: Final = (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError)


def decode(value: object, wanted: type[T], at: At, report: Report) -> T | None:
    """Turn a table into a struct; None when too little is left of it.

    A required text or array that is missing or faulty is left empty: it has its fault already.
    """
    found = _decode(value, wanted, at, report)
    return None if isinstance(found, _Missing) else found


def _decode(value: Any, wanted: Any, at: At, report: Report) -> Any:
    try:
        return msgspec.convert(value, wanted)
    except _WRONG as fault:
        before = report.count
        found = _apart(value, wanted, at, report)
        if report.count == before:
            report.fault(at, _unexplained(fault))
            return _MISSING
        return found


def _apart(value: Any, wanted: Any, at: At, report: Report) -> Any:
    """Take a faulty value apart as far as its type goes."""
    for arm in _arms(wanted):
        if _is_struct(arm) and isinstance(value, dict):
            return _struct(value, arm, at, report)
        if get_origin(arm) in (tuple, list, frozenset) and isinstance(value, list):
            return _array(value, arm, at, report)
        if get_origin(arm) is dict and isinstance(value, dict):
            return _table(value, arm, at, report)
    _unfit(value, wanted, at, report)
    return _MISSING


def _arms(wanted: Any) -> tuple[Any, ...]:
    if get_origin(wanted) is Annotated:
        return _arms(get_args(wanted)[0])
    if get_origin(wanted) in (Union, types.UnionType):
        return tuple(arm for alternative in get_args(wanted) for arm in _arms(alternative))
    return (wanted,)


def _is_struct(kind: object) -> TypeGuard[type[msgspec.Struct]]:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _struct(value: Mapping[str, Any], wanted: type[msgspec.Struct], at: At, report: Report) -> Any:
    fields = {field.encode_name: field for field in msgspec.structs.fields(wanted)}
    given: dict[str, Any] = {}
    for key, inner in value.items():
        if key not in fields:
            report.fault(at.to(key), no_key(key, fields))
            continue
        found = _decode(inner, fields[key].type, at.to(key), report)
        if not isinstance(found, _Missing):
            given[fields[key].name] = found
    for key, field in fields.items():
        if field.required and key not in value:
            report.fault(at, f"{quote(key)} is missing; it must be {describe(field.type)}")
    for field in fields.values():
        if field.required and field.name not in given:
            blank = _blank(field.type)
            if isinstance(blank, _Missing):
                return _MISSING
            given[field.name] = blank
    try:
        return wanted(**given)
    except _WRONG:
        return _MISSING


def _blank(wanted: Any) -> Any:
    """Stand in for a text or array with a fault: an empty one, so that the rest of its table can still be checked."""
    for arm in _arms(wanted):
        if arm is str or get_origin(arm) is Literal:
            return ""
        if get_origin(arm) is tuple:
            return ()
    return _MISSING


def _array(value: list[Any], wanted: Any, at: At, report: Report) -> Any:
    """Decode each element; where None may stand in the array, it takes the place of a faulty one."""
    inner = next(iter(get_args(wanted)), Any)
    found = [_decode(element, inner, at.to(position), report) for position, element in enumerate(value)]
    if type(None) in _arms(inner):
        found = [None if isinstance(element, _Missing) else element for element in found]
    if any(isinstance(element, _Missing) for element in found):
        return _MISSING
    return get_origin(wanted)(found)


def _table(value: Mapping[str, Any], wanted: Any, at: At, report: Report) -> Any:
    _, inner = get_args(wanted)
    found = {key: _decode(element, inner, at.to(key), report) for key, element in value.items()}
    return {key: element for key, element in found.items() if not isinstance(element, _Missing)}


def _unfit(value: object, wanted: Any, at: At, report: Report) -> None:
    message = f"{quote(value)} is not {describe(wanted)}"
    meant = nearest(value, choices(wanted)) if isinstance(value, str) else None
    report.fault(at, f"{message}; did you mean {quote(meant)}?" if meant else message)


def no_key(key: str, known: Collection[str]) -> str:
    """Say that a table has no such key, and what it has."""
    meant = nearest(key, known)
    if meant:
        return f"{quote(key)} is not a key of this table; did you mean {quote(meant)}?"
    keys = f"its keys are {listed(known)}" if known else "it has none"
    return f"{quote(key)} is not a key of this table; {keys}"


def _unexplained(fault: Exception) -> str:
    if isinstance(fault, msgspec.ValidationError):
        text = str(fault)
        return f"{text[:1].lower()}{text[1:]}"
    return raised(fault)
