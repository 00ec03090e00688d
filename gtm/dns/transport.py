"""How a message came: a value that goes with it, so that no transport has rules of its own."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Transport:
    """``place`` is its position among counts. ``is_stream``: who asks is known to be where it says, and 65,535 octets fit."""

    name: str
    place: int
    is_stream: bool


UDP: Final = Transport("udp", 0, is_stream=False)
TCP: Final = Transport("tcp", 1, is_stream=True)
TRANSPORTS: Final = (UDP, TCP)
