"""What flows between the control process and those that answer, and how it is framed. Octets and values only.

A frame is its length in four octets, then a message as MessagePack. Nothing in a message supposes a shared memory or a
shared clock: the first one after a connection tells the whole state, each later one what has changed in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeVar

import msgspec

from gtm.chain.facts import HEALTHY, HELD, LAST, RESOLVED, WORD
from gtm.health.table import State
from gtm.model.resolved import Resolved
from gtm.tally import Tally

T = TypeVar("T")
LONGEST: Final = 64 * 1024 * 1024
"""Octets of the largest message that is believed; the state of 100,000 addresses takes a tenth of it."""
_HEAD: Final = 4


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """An answering process says who it is: its place among the workers, and the generation of what it serves."""

    worker: int
    generation: int


class News(msgspec.Struct, frozen=True, tag="news"):
    """World facts by kind and subject. ``is_whole``: what is not told has its ordinary value; None takes a value back."""

    is_whole: bool
    healthy: dict[str, bool] = {}
    held: dict[str, str | None] = {}
    words: dict[str, str | None] = {}
    last: dict[str, tuple[str, ...] | None] = {}
    resolved: dict[str, Resolved | None] = {}


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """What a worker has counted since it last told."""

    tally: Tally


Message = Hello | News | Counted
_decoder: Final = msgspec.msgpack.Decoder(Message)
_encoder: Final = msgspec.msgpack.Encoder()


class Broken(ValueError):
    """What came is no stream of ours."""


def frame(message: Message) -> bytes:
    """Write one message."""
    octets = _encoder.encode(message)
    return len(octets).to_bytes(_HEAD) + octets


class Frames:
    """Octets in whatever pieces they come, to messages."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._buffer = bytearray()

    def feed(self, octets: bytes) -> Iterator[Message]:
        """Take some octets and yield the messages that are complete; Broken when they make no sense."""
        self._buffer += octets
        while len(self._buffer) >= _HEAD:
            length = int.from_bytes(self._buffer[:_HEAD])
            if length > LONGEST:
                raise Broken(f"a message of {length} octets")
            if len(self._buffer) < _HEAD + length:
                return
            octets = bytes(self._buffer[_HEAD : _HEAD + length])
            del self._buffer[: _HEAD + length]
            try:
                yield _decoder.decode(octets)
            except (msgspec.MsgspecError, RecursionError) as fault:
                raise Broken(str(fault)) from fault


def whole(state: State) -> News:
    """Tell a state to somebody who knows nothing."""
    return News(
        is_whole=True,
        healthy=dict.fromkeys(state.down, False),
        held=dict(state.held),
        words=dict(state.words),
        last=dict(state.last),
        resolved=dict(state.resolved),
    )


def changes(before: State, after: State) -> News | None:
    """Tell what is different from a state that is known; None when nothing is."""
    changed = before.changed(after)
    if not changed:
        return None
    return News(
        is_whole=False,
        healthy={subject: subject not in after.down for kind, subject in changed if kind == HEALTHY},
        held={subject: after.held.get(subject) for kind, subject in changed if kind == HELD},
        words={subject: after.words.get(subject) for kind, subject in changed if kind == WORD},
        last={subject: after.last.get(subject) for kind, subject in changed if kind == LAST},
        resolved={subject: after.resolved.get(subject) for kind, subject in changed if kind == RESOLVED},
    )


def heard(state: State, news: News) -> State:
    """Give the state after some news."""
    base = State() if news.is_whole else state
    up = {key for key, healthy in news.healthy.items() if healthy}
    return replace(
        base,
        down=(base.down - up) | (news.healthy.keys() - up),
        held=_merged(base.held, news.held),
        words=_merged(base.words, news.words),
        last=_merged(base.last, news.last),
        resolved=_merged(base.resolved, news.resolved),
    )


def _merged(before: Mapping[str, T], news: Mapping[str, T | None]) -> Mapping[str, T]:
    return {key: value for key, value in {**before, **news}.items() if value is not None} if news else before
