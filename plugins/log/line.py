"""One answered query as one line, whatever stands in it."""

from datetime import UTC, datetime

import msgspec

from gtm import Answered, codes, name


class Line(msgspec.Struct, frozen=True):
    """A line as JSON. ``time`` is in UTC (RFC 3339), ``octets`` the length of the reply; ``hit``: a plan stood ready."""

    time: str
    peer: str
    client: str
    transport: str
    name: str
    type: str
    rcode: str
    hit: bool
    octets: int
    reason: str


def line(answered: Answered) -> Line:
    """Put an answered query into words."""
    return Line(
        time=f"{datetime.fromtimestamp(answered.moment, UTC).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z",
        peer=answered.peer,
        client=answered.client,
        transport=answered.transport,
        name=name.show(answered.question.name),
        type=codes.type_text(answered.question.qtype),
        rcode=codes.rcode_text(answered.rcode),
        hit=answered.hit,
        octets=answered.octets,
        reason=answered.reason,
    )


def as_json(answered: Answered) -> str:
    """Give the line as one JSON object; what is not printable is escaped."""
    return _plain(msgspec.json.encode(line(answered)).decode())


def as_text(answered: Answered) -> str:
    """Give the line as words between blanks, the reason behind ``:`` at its end; what is not printable is escaped."""
    told = line(answered)
    found = "plan" if told.hit else "walk"
    words = (told.time, told.peer, told.client, told.transport, told.name, told.type, told.rcode, found)
    return _plain(f"{' '.join(word or '-' for word in words)} {told.octets}: {told.reason}")


def _plain(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escaped(ord(letter)) for letter in text)


def _escaped(number: int) -> str:
    """Escape as JSON does, with two halves for what lies behind the first plane; text reads the same."""
    if number < 0x10000:
        return f"\\u{number:04x}"
    high, low = divmod(number - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
