"""What the admin door understands: requests, decoded strictly, and the two ways in which one fails."""

from collections.abc import Iterable
from typing import Annotated, Literal, TypeVar, get_origin, get_type_hints

import msgspec
from msgspec import Meta

Key = Annotated[str, Meta(min_length=1, max_length=300)]
Keys = Annotated[tuple[Key, ...], Meta(min_length=1, max_length=1000)]
Words = Annotated[tuple[Key, ...], Meta(max_length=100)]
Text = Annotated[str, Meta(max_length=1000)]
Moment = Annotated[float, Meta(ge=0, le=1e11)]


class Refused(ValueError):
    """A request was understood and is not done; the words say why, and what would be right."""


class Misunderstood(ValueError):
    """A request can't be understood; the words say what is wrong with it."""


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every request: what it does not have is refused."""


R = TypeVar("R", bound=Request)


class OverrideRequest(Request, frozen=True):
    """``POST /overrides``: an operator's word on members. ``on`` are keys such as ``pool:hk``, or globs of them.

    ``until`` is in seconds since 1970, None for no end; ``by`` is who did it; ``anyway`` goes below ``keep_at_least``.
    """

    on: Keys
    word: Literal["drain", "up", "down"]
    reason: Text = ""
    until: Moment | None = None
    by: Text = ""
    anyway: bool = False


class ReleaseRequest(Request, frozen=True):
    """``DELETE /overrides``: the word is taken back from these keys or globs of them; ``*`` is everything."""

    on: Keys
    by: Text = ""


class DrillRequest(Request, frozen=True):
    """``POST /drill``: these members are to look as if they failed; ``anyway`` even where nobody could take over."""

    on: Key
    by: Text = ""
    anyway: bool = False


class ReloadRequest(Request, frozen=True):
    """``POST /reload``: load the configuration anew."""

    by: Text = ""


class Reloaded(msgspec.Struct, frozen=True):
    """What became of ``POST /reload``: taken, with its warnings, or refused, with its faults."""

    is_taken: bool
    lines: tuple[str, ...] = ()


class AlertQuery(Request, frozen=True):
    """``GET /alerts``: moments are seconds since 1970; the newest ``limit`` of those that fit every word, newest last."""

    since: Moment | None = None
    until: Moment | None = None
    pool: Key | None = None
    domain: Key | None = None
    address: Key | None = None
    event: Key | None = None
    text: Key | None = None
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1000


class StatusQuery(Request, frozen=True):
    """``GET /status``: branches of the tree in which something fits; without words, all of it.

    ``domain``, ``pool`` and ``name`` (any member) are names, keys, or globs of them, and may be given several times.
    ``problems`` keeps to what is not as it should be. Pages are of ``limit`` access domains, from the ``start``-th on.
    """

    domain: Words = ()
    pool: Words = ()
    name: Words = ()
    problems: bool = False
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    start: Annotated[int, Meta(ge=0)] = 0


def decoded(body: bytes, kind: type[R]) -> R:
    """Read the body of a request; Misunderstood says what is wrong with it. No body is an empty one."""
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise Misunderstood(f"the request is not understood: {fault}") from fault


def queried(pairs: Iterable[tuple[str, str]], kind: type[R]) -> R:
    """Read what stands behind the ``?`` of a request; Misunderstood says what is wrong with it."""
    several = {field for field, hint in get_type_hints(kind).items() if get_origin(hint) is tuple}
    found: dict[str, object] = {}
    for key, text in pairs:
        if key in several:
            found[key] = [*found.get(key, ()), text]  # type: ignore[misc]  # ours alone: a list
        elif key in found:
            raise Misunderstood(f'the request is not understood: "{key}" is given twice')
        else:
            found[key] = text
    try:
        return msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError as fault:
        raise Misunderstood(f"the request is not understood: {fault}") from fault
