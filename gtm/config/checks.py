"""Checks of an address: the templates they name, and the port of each."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from gtm.config import parse
from gtm.config.report import Report
from gtm.config.schema import TemplateTable
from gtm.config.source import At
from gtm.config.tables import Named, known
from gtm.config.wording import quote

NO_PORT: Final = -1
"""The port of a template whose protocol has none."""


class Wanted(NamedTuple):
    """A template's name and a port; 0 is none. ``is_own``: the check itself says the port."""

    template: str
    port: int
    is_own: bool = False


class Checks:
    """Reads checks such as ``web`` and ``web:8080``."""

    def __init__(self, templates: Named[TemplateTable], ports: Mapping[str, int | None], report: Report) -> None:
        """Know the templates, and the port of each that can be used."""
        self._templates = templates
        self._ports = ports
        self._report = report

    def parse(self, texts: tuple[str, ...], at: At, port: int | None = None) -> tuple[Wanted, ...]:
        """Read an array of checks; those with faults are left out. ``port`` is for those that say none."""
        found: list[Wanted] = []
        for position, text in enumerate(texts):
            wanted = self._wanted(text, at.to(position), port)
            if wanted and wanted[:2] in [one[:2] for one in found]:
                self._report.fault(at.to(position), f"{quote(text)} checks the same port with the same template twice")
            elif wanted is not None:
                found.append(wanted)
        return tuple(found)

    def _wanted(self, text: str, at: At, default: int | None) -> Wanted | None:
        said = self._report.attempt(at, parse.check, text)
        if said is None or not known(self._templates, said[0], "a template", at, self._report):
            return None
        template, port = said
        if template not in self._ports:
            return None
        usual = self._ports[template]
        if usual == NO_PORT:
            if port is not None:
                self._report.fault(
                    at, f"{quote(text)} names a port, and its protocol has none; write {quote(template)}"
                )
            return Wanted(template, 0)
        if port is None and default is None and usual is None:
            wish = f"write it as {quote(f'{template}:443')}, or in the template"
            self._report.fault(at, f"{quote(text)} has no port; {wish}")
            return None
        return Wanted(template, port or default or usual or 0, port is not None)
