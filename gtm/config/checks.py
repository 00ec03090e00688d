"""Checks of an address: the templates they name, and the port of each."""

from typing import Final

from gtm.config import parse
from gtm.config.report import Report
from gtm.config.schema import TemplateTable
from gtm.config.source import At
from gtm.config.tables import Named, known
from gtm.config.wording import listed, nearest, quote

PROTOCOLS: Final = {"ping": 0, "tcp": None, "http": 80, "https": 443}
"""The protocols of the Corefile, and the port of each: 0 for none, None where it must be said."""

Probe = tuple[str, int]
"""A template's name and a port; 0 is the protocol's own, or none."""


class Checks:
    """Reads checks such as ``web`` and ``web:8080``."""

    def __init__(self, templates: Named[TemplateTable], report: Report) -> None:
        """Check the protocol of each template."""
        self._templates = templates
        self._report = report
        for entry in templates.values():
            if entry is not None and entry.table.protocol:
                self._protocol(entry.table.protocol, entry.at.to("protocol"))

    def _protocol(self, protocol: str, at: At) -> None:
        if protocol in PROTOCOLS:
            return
        meant = nearest(protocol, PROTOCOLS)
        hint = f"did you mean {quote(meant)}?" if meant else f"known: {listed(PROTOCOLS)}"
        if protocol.isidentifier():
            self._report.warn(at, f"{quote(protocol)} is a protocol that only a plugin can probe; {hint}")
        else:
            self._report.fault(at, f"{quote(protocol)} is not a protocol; {hint}")

    def parse(self, texts: tuple[str, ...], at: At) -> tuple[Probe, ...]:
        """Read an array of checks; those with faults are left out."""
        found: list[Probe] = []
        for position, text in enumerate(texts):
            probe = self._probe(text, at.to(position))
            if probe in found:
                self._report.fault(at.to(position), f"{quote(text)} checks the same port with the same template twice")
            elif probe is not None:
                found.append(probe)
        return tuple(found)

    def _probe(self, text: str, at: At) -> Probe | None:
        said = self._report.attempt(at, parse.check, text)
        if said is None or not known(self._templates, said[0], "a template", at, self._report):
            return None
        template, port = said
        entry = self._templates[template]
        if entry is None:
            return None
        if port is None:
            port = entry.table.port if entry.table.port is not None else PROTOCOLS.get(entry.table.protocol, 0)
        if port is None:
            self._report.fault(
                at, f"{quote(text)} has no port; write it as {quote(f'{template}:443')}, or in the template"
            )
            return None
        return template, port
