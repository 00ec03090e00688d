"""Expectations: tables to values, with their names looked up. Whether they hold is for others to see."""

from collections.abc import Iterable, Mapping
from typing import Final

from gtm.config import parse
from gtm.config.chains import Zone
from gtm.config.domains import zone_of
from gtm.config.loaded import Expect
from gtm.config.report import Report
from gtm.config.schema import ExpectTable
from gtm.config.source import At
from gtm.config.tables import Entry, Tables, known
from gtm.config.wording import quote, unknown
from gtm.dns.name import Name
from gtm.model.member import Address, Pool
from gtm.model.place import DEFAULT_LINE, Client
from gtm.model.question import Question

_KINDS: Final = {"address": "an address", "pool": "a pool", "template": "a template"}


class Expects:
    """Reads ``[[expect]]`` tables."""

    def __init__(self, tables: Tables, pools: Iterable[Pool], zones: Mapping[Name, Zone], report: Report) -> None:
        """Know what an expectation may name; only what serves in some pool can be down."""
        self._tables = tables
        self._zones = zones
        self._report = report
        self._addresses: dict[str, dict[str, None]] = {}
        templates: set[str] = set()
        for address in (member.item for pool in pools for member in pool.members):
            if isinstance(address, Address):
                templates.update(check.template for check in address.checks)
                for word in filter(None, (address.key.partition(":")[2], address.value, address.name)):
                    self._addresses.setdefault(word, {})[address.key] = None
        full = {name for name, entry in tables.pools.items() if entry is None or entry.table.addresses}
        self._serving = {"address": {*self._addresses}, "pool": full, "template": templates}
        self._defined = {
            "address": {*self._addresses, *tables.addresses},
            "pool": {*tables.pools},
            "template": {*tables.templates},
        }

    def read(self) -> tuple[Expect, ...]:
        """Read all that are sound."""
        return tuple(expect for entry in self._tables.expects if (expect := self._read(entry)) is not None)

    def _read(self, entry: Entry[ExpectTable]) -> Expect | None:
        at, table = entry.at, entry.table
        question = self._report.attempt(at.to("ask"), _question, table.ask) if table.ask else None
        if (table.client is None) == (table.line is None):
            said = '"from" and "line" exclude each other' if table.line else '"from" or "line" is missing'
            self._report.fault(at, f"{said}; say one of them, whom the answer is for")
        if table.client is not None:
            self._report.attempt(at.to("from"), _client, table.client)
        if table.line is not None and question is not None:
            self._line(table.line, question.name, at.to("line"))
        down = [key for place, text in enumerate(table.down) for key in self._down(text, at.to("down", place))]
        if question is None:
            return None
        where = (at.source.file, at.line or 1)
        answer = tuple(map(_canonical, table.answer))
        return Expect(question, table.client, table.line, tuple(dict.fromkeys(down)), answer, where)

    def _line(self, line: str, asked: Name, at: At) -> None:
        zone = self._zones.get(zone_of(asked, self._zones) or Name(b""))
        if zone is not None and (zone.is_whole or zone.lines):
            known({DEFAULT_LINE, *zone.lines, *self._tables.lines}, line, "a line", at, self._report)

    def _down(self, text: str, at: At) -> list[str]:
        """Give the keys of what is named: an address may be named by its entry, its value, its name or its key."""
        kind, colon, name = text.partition(":")
        if not colon:
            self._report.fault(at, f"{quote(text)} names nothing; write it as pool:NAME, address:NAME or template:NAME")
            return []
        if kind not in self._defined:
            self._report.fault(at, unknown(kind, "something that can be down", self._defined))
            return []
        if name not in self._serving[kind] and known(self._defined[kind], name, _KINDS[kind], at, self._report):
            self._report.fault(at, f"{quote(text)} can't be down: no address of any pool has to do with it")
        return list(self._addresses.get(name, ())) if kind == "address" else [text]


def _canonical(answer: str) -> str:
    return parse.endpoint(answer)[1] if parse.is_literal(answer) else answer


def _question(text: str) -> Question:
    words = text.split()
    if len(words) != 2:
        raise ValueError(f'{quote(text)} is not a question; write a name and a type, such as "www.example.com A"')
    return Question.of(*words)


def _client(text: str) -> Client:
    try:
        return Client.of(text)
    except ValueError:
        raise ValueError(f"{quote(text)} is neither an IP address nor a network") from None
