"""What a body must hold, sought within a bound of octets. Pure."""

from collections.abc import Callable
from importlib import import_module
from typing import Final

from gtm import PluginFault

from .progress import Failed

Matches = Callable[[bytes], bool]
LONGEST: Final = 1000
"""Letters that a regular expression may have."""


class Search:
    """A search through one body. Begin one for each."""

    def __init__(self, keyword: bytes, matches: Matches | None, shown: str, limit: int) -> None:
        """Seek a keyword, or, where ``matches`` is given, what it finds in the whole; ``shown`` is what is sought, for people."""
        self.limit = limit
        self._keyword = keyword
        self._matches = matches
        self._shown = shown
        self._seen = bytearray()
        self._is_found = False

    def feed(self, data: bytes) -> bool:
        """Take the next octets; tell whether no more are needed."""
        fresh = max(0, len(self._seen) - len(self._keyword) + 1)
        self._seen += data[: self.limit - len(self._seen)]
        self._is_found = self._matches is None and self._seen.find(self._keyword, fresh) >= 0
        return self._is_found or len(self._seen) >= self.limit

    def conclude(self) -> None:
        """Fail where the body lacks what was sought."""
        if self._is_found or (self._matches and self._matches(bytes(self._seen))):
            return
        if len(self._seen) >= self.limit:
            raise Failed(f'first {self.limit} octets of the body lack "{self._shown}"')
        raise Failed(f'body lacks "{self._shown}"')


def compiled(pattern: str) -> Matches:
    """Compile a regular expression for RE2, whose time grows with the body's length and nothing else.

    Python's own engine may take hours for 64 kB, and nothing can stop it: neither a thread nor a deadline.
    """
    if len(pattern) > LONGEST:
        raise PluginFault(f"body_regex has {len(pattern)} letters; it may have {LONGEST}")
    try:
        re2 = import_module("re2")
    except ImportError as fault:
        raise PluginFault('body_regex needs RE2, which is not installed; run "pip install google-re2"') from fault
    options = re2.Options()
    options.log_errors = False
    try:
        search = re2.compile(pattern, options).search
    except re2.error as fault:
        said = fault.args[0] if fault.args else ""
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        raise PluginFault(f'body_regex "{pattern}" is no regular expression of RE2: {said}') from fault
    return lambda body: search(body) is not None
