"""Types in words: what a key wants, for the message about a value that it does not want."""

from collections.abc import Collection, Mapping
from typing import Final

from msgspec import inspect

from gtm.config.wording import quote

_WORDS: Final[Mapping[type[inspect.Type], str]] = {
    inspect.TupleType: "an array",
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "a date and time",
    inspect.DateType: "a date",
    inspect.TimeType: "a time",
}


def describe(wanted: object) -> str:
    """Say what values a type has, such as ``a whole number from 0 to 65535``."""
    return _describe(inspect.type_info(wanted))


def choices(wanted: object) -> list[str]:
    """List the texts that a type consists of, where it is a closed set."""
    return _choices(inspect.type_info(wanted))


def _describe(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata():
            said = _describe(kind.type)
        case inspect.IntType():
            said = _bounded("a whole number", kind)
        case inspect.FloatType():
            said = _bounded("a number", kind)
        case inspect.StrType():
            said = _text(kind)
        case inspect.UnionType():
            said = " or ".join(_alternatives(kind.types))
        case inspect.LiteralType() | inspect.EnumType():
            texts = _choices(kind)
            said = f"one of {', '.join(map(quote, texts))}" if len(texts) > 1 else quote(texts[0])
        case inspect.CollectionType():
            said = f"an array, each element {_describe(kind.item_type)}"
        case inspect.DictType() | inspect.StructType():
            said = "a table"
        case inspect.CustomType():
            said = f"a {getattr(kind.cls, '__name__', kind.cls)}"
        case _:
            said = _WORDS.get(type(kind), f"a {type(kind).__name__.removesuffix('Type').lower()}")
    return said


def _alternatives(kinds: Collection[inspect.Type]) -> list[str]:
    """Leave out None, which TOML can't say."""
    return [_describe(kind) for kind in kinds if not isinstance(kind, inspect.NoneType)]


def _choices(kind: inspect.Type) -> list[str]:
    match kind:
        case inspect.Metadata():
            return _choices(kind.type)
        case inspect.LiteralType():
            return [str(value) for value in kind.values]
        case inspect.EnumType():
            return [str(member.value) for member in kind.cls]
        case inspect.UnionType():
            return [text for inner in kind.types for text in _choices(inner)]
        case _:
            return []


def _text(kind: inspect.StrType) -> str:
    if kind.pattern is not None:
        return f"a string that matches {kind.pattern}"
    return "a string that is not empty" if kind.min_length == 1 else "a string"


def _bounded(noun: str, kind: inspect.IntType | inspect.FloatType) -> str:
    low = f"{kind.ge:g}" if isinstance(kind.ge, float) else kind.ge
    high = f"{kind.le:.15g}" if isinstance(kind.le, float) else kind.le
    words = [
        f"from {low} to {high}" if low is not None and high is not None else "",
        f"of {low} or more" if low is not None and high is None else "",
        f"above {kind.gt:g}" if kind.gt is not None else "",
        f"up to {high}" if high is not None and low is None else "",
        f"below {kind.lt:g}" if kind.lt is not None else "",
    ]
    return " ".join([noun, *(word for word in words if word)])
