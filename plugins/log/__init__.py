"""A query log: a line for each answered query, or for some of them, with the reason of its answer."""

import logging
from pathlib import Path
from random import Random
from typing import Annotated, Literal

from msgspec import Meta

from gtm import Answered, Options, Plugin, PluginFault, Setup, codes, hookimpl

from .line import as_json, as_text
from .writer import Writer

RCODES = frozenset(map(codes.rcode_text, range(24)))


class LogOptions(Options, frozen=True):
    """Where the lines go, how they look, and which queries get one."""

    file: str | None = None
    format: Literal["text", "json"] = "text"
    sample: Annotated[float, Meta(ge=0, le=1)] = 1.0
    only: tuple[str, ...] = ()


class Log(Plugin):
    """Writes a line for each answered query that its options name. What can't be written is lost, and never in the way."""

    name = "log"
    Options = LogOptions

    def __init__(self, options: LogOptions, setup: Setup) -> None:
        """Take the options; the file is opened with the first line."""
        super().__init__(options, setup)
        for rcode in options.only:
            if rcode not in RCODES:
                raise PluginFault(f'"{rcode}" is not a response code; write one such as "SERVFAIL" or "NXDOMAIN"')
        self._options = options
        self._only = frozenset(options.only)
        self._shown = as_json if options.format == "json" else as_text
        # by chance: every second of alternating A and AAAA queries would be all of one type
        self._chance = Random()  # noqa: S311  a sample is no secret
        self._logger = logging.getLogger("gtm.queries")
        self._writer = None if options.file is None else Writer(_path(setup.folder, options.file), self._logger)

    @hookimpl
    def observe(self, batch: tuple[Answered, ...]) -> None:
        """Write the lines of a batch."""
        lines = [self._shown(answered) for answered in batch if self._is_wanted(answered)]
        if self._writer is not None:
            self._writer.write(lines)
            return
        for line in lines:
            self._logger.info("%s", line)

    def _is_wanted(self, answered: Answered) -> bool:
        if self._only and codes.rcode_text(answered.rcode) not in self._only:
            return False
        return self._options.sample >= 1 or self._chance.random() < self._options.sample


def _path(folder: Path, text: str) -> Path:
    path = folder / text
    if not text or not text.isprintable():
        raise PluginFault(f'"{text}" is not the name of a file')
    if path.is_dir():
        raise PluginFault(f'"{path}" is a folder; name a file in it')
    if not path.parent.is_dir():
        raise PluginFault(f'there is no folder "{path.parent}"')
    return path
