"""An executable of the operator's: it tells by its exit status whether a target is well, or tells somebody of alerts."""

import os
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec

from gtm import Alert, Observation, Options, Plugin, PluginFault, Setup, Target, hookimpl

from .run import tried

LIMIT: Final = 30.0
"""Seconds that a command may take to tell somebody."""


class CommandOptions(Options, frozen=True):
    """``run`` is a file in ``[server] command_dir`` and its arguments, or that file alone."""

    run: str | tuple[str, ...]


class CommandFailed(OSError):
    """A command did not tell of an alert; the words say how it ended."""


class Command(Plugin):
    """Runs an executable, never through a shell."""

    name = "command"
    Options = CommandOptions
    port = 0
    at_once = 16
    short = "run"

    def __init__(self, options: CommandOptions, setup: Setup) -> None:
        """Find the executable."""
        super().__init__(options, setup)
        words = (options.run,) if isinstance(options.run, str) else options.run
        file = found(words, setup.commands)
        self._words = (str(file), *words[1:])
        self._folder = file.parent
        self._path = os.environ.get("PATH", os.defpath)

    def label(self) -> str:
        """Name the executable: its arguments may be secrets."""
        return f"{self.name} {Path(self._words[0]).name}"

    @hookimpl
    async def probe(self, target: Target) -> Observation:
        """Run it with the target in its environment; exit status 0 means well."""
        began = monotonic()
        environment = {
            "PATH": self._path,
            "GTM_ADDRESS": target.address,
            "GTM_PORT": str(target.port),
            "GTM_NAME": target.name,
            "GTM_TIMEOUT": f"{target.timeout:.3f}",
        }
        ran = await tried(self._words, self._folder, environment, target.timeout)
        return Observation(None if ran.is_ours else ran.status == 0, ran.reason(), monotonic() - began)

    @hookimpl
    async def notify(self, alerts: tuple[Alert, ...]) -> None:
        """Run it with the first alert in its environment and all of them as a JSON array to read; CommandFailed if it fails."""
        environment = {
            "PATH": self._path,
            "GTM_EVENT": alerts[0].event,
            "GTM_SUBJECT": alerts[0].subject,
            "GTM_REASON": alerts[0].reason,
            "GTM_COUNT": str(len(alerts)),
        }
        ran = await tried(self._words, self._folder, environment, LIMIT, msgspec.json.encode(alerts))
        if ran.status != 0:
            said = [ran.ending(), "" if ran.fault else ran.reason()]
            raise CommandFailed(": ".join(dict.fromkeys(filter(None, said))))


def found(words: Sequence[str], folder: Path | None) -> Path:
    """Find the executable that the first word names, directly within the folder; PluginFault says why there is none."""
    if not words or not words[0]:
        raise PluginFault('run is empty; write a file and its arguments, such as ["check.sh", "fast"]')
    if any("\0" in word for word in words):
        raise PluginFault("run holds a NUL character, which no argument can")
    if folder is None:
        raise PluginFault(f'"{words[0]}" may not be run; name its folder as command_dir in [server]')
    home = Path(os.path.realpath(folder))
    file = Path(os.path.realpath(home / words[0]))
    if file.parent != home:
        raise PluginFault(f'"{words[0]}" does not lie directly within command_dir, "{folder}"; put it there')
    if not os.path.isfile(file):  # noqa: PTH113  no name is too long for it
        raise PluginFault(f'there is no file "{words[0]}" in command_dir, "{folder}"')
    if not os.access(file, os.X_OK):
        raise PluginFault(f'"{words[0]}" is not executable; run "chmod +x {file}"')
    return file
