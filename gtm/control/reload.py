"""The configuration loaded anew: when a file changes, on SIGHUP, or on request; a faulty one changes nothing and is told."""

import asyncio
import gc
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gtm.config.fault import Faults
from gtm.config.include import matching
from gtm.config.load import load
from gtm.config.loaded import Loaded
from gtm.control import watch

log = logging.getLogger("gtm")
TURN: Final = 0.001
"""Seconds after which a thread that loads a configuration hands over to the one that answers."""


class Reloader:
    """Loads a Corefile anew and hands it to ``take``, which raises OSError or ValueError when it can't be served."""

    def __init__(self, path: Path, loaded: Loaded, take: Callable[[Loaded], Awaitable[None]]) -> None:
        """Begin with what is loaded."""
        self._path, self._loaded, self._take = path, loaded, take
        self._files = loaded.files
        self._seen = watch.Watch(self._look())
        self._busy = asyncio.Lock()
        self.since = time.time()
        """When the configuration that is served was loaded, in seconds since 1970."""
        self.refused: tuple[float, tuple[str, ...]] | None = None
        """When the last one was refused, if it was, and what was wrong with it."""

    async def reload(self) -> bool:
        """Load the configuration beside the running one, and exchange them."""
        async with self._busy:
            before = await asyncio.to_thread(self._look)
            try:
                with unhurried():
                    loaded = await asyncio.to_thread(load, self._path, self._loaded.lacking)
                    await self._take(loaded)
            except Exception as fault:  # noqa: BLE001  whatever a new configuration does, the old one must go on
                self._watch(before, _blamed(fault))
                self._refuse(str(fault) if isinstance(fault, Faults | OSError | ValueError) else repr(fault))
                return False
            self._loaded, self.refused, self.since = loaded, None, time.time()
            self._watch(before, frozenset())
            for warning in loaded.warnings:
                log.warning("%s", warning)
            log.info("configuration loaded anew: %s", self._path)
            return True

    def _refuse(self, words: str) -> None:
        self.refused = time.time(), tuple(words.splitlines())
        for line in self.refused[1]:
            log.error("configuration refused: %s", line)
        log.error("the old configuration keeps answering")

    async def changed(self) -> bool:
        """Look whether a file changed since, and stands still again."""
        return self._seen.changed(await asyncio.to_thread(self._look))

    def _look(self) -> watch.Signature:
        """Look at every file that was read, and for new ones that ``include`` means."""
        folder = self._path.absolute().parent
        included = (file for pattern in self._loaded.server.include for file in matching(folder, pattern))
        return watch.look({*self._files, *included})

    def _watch(self, before: watch.Signature, blamed: frozenset[Path]) -> None:
        """Watch what is loaded, and what a refused configuration was made from; what changed since ``before`` is news."""
        self._files = self._loaded.files | blamed
        now = self._look()
        self._seen = watch.Watch({path: before.get(path, found) for path, found in now.items()})


def _blamed(fault: Exception) -> frozenset[Path]:
    """Name the files that a refused configuration was read from, and those in which something is wrong."""
    if not isinstance(fault, Faults):
        return frozenset()
    return fault.files.union(each.file.absolute() for each in fault.faults)


@contextmanager
def unhurried() -> Iterator[None]:
    """Load in a thread without keeping queries waiting: they get the interpreter back soon, and no collector walks what is loaded.

    What is loaded stays until the next load, and is freed when the last reference to it goes; so nothing in a
    configuration may refer to itself, and a test sees that it does not.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.freeze()
        gc.enable()
