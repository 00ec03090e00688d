"""The last good configurations, kept in the state folder: what ``gtm serve`` starts from when the Corefile has become faulty.

``last-good/N`` holds a tree, in which every file has the place that it has on this machine, so that relative paths still
mean the same; and a list of the files with their digests. Large files are linked, not copied. What a Corefile names by an
absolute path is read from there again.
"""

import asyncio
import hashlib
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from gtm.config.fault import Faults
from gtm.config.load import load
from gtm.config.loaded import Loaded
from gtm.control import store
from gtm.control.reload import Reloader
from gtm.control.watch import Signature, look
from gtm.processes import rights

log = logging.getLogger("gtm")
FOLDER: Final = "last-good"
KEPT: Final = 2
"""Configurations that are kept."""
LARGE: Final = 16 * 1024 * 1024
"""Octets from which on a file is linked."""
_LIST, _TREE = "list.json", "tree"


class Kept(msgspec.Struct, frozen=True):
    """What was kept: which Corefile, when (seconds since 1970), and the digest of each file."""

    corefile: str
    moment: float
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Start:
    """What a server starts with. ``faults`` are those of the Corefile where an older configuration stands in for it."""

    path: Path
    loaded: Loaded
    since: float
    faults: Faults | None = None

    def confess(self, reloader: Reloader) -> None:
        """Let the status and the metrics tell of an older configuration, where it is one."""
        if self.faults is not None:
            reloader.since = self.since
            reloader.refused = time.time(), tuple(map(str, self.faults.faults))


class Keeper:
    """Keeps what is served well. What can't be kept is told of, and harms nobody."""

    def __init__(self, start: Start) -> None:
        """Keep the configurations of this Corefile, the first of which has just been loaded."""
        self._path = absolute(start.path)
        self._seen: Signature | None = None if start.faults else look(start.loaded.files)
        self._busy = asyncio.Lock()

    def note(self, seen: Signature) -> None:
        """Take note of how the files were before those who answer loaded them."""
        self._seen = seen

    async def keep(self, loaded: Loaded) -> None:
        """Keep what was loaded, if its files are still those that were noted: what changed since has not proved itself."""
        folder, seen = loaded.server.state, self._seen
        if folder is None or seen is None or not seen.get(self._path):
            return
        async with self._busy:
            try:
                await asyncio.to_thread(self._keep, folder / FOLDER, loaded, seen)
            except OSError as fault:
                log.warning("this configuration is not kept as the last good one: %s", fault)

    def _keep(self, folder: Path, loaded: Loaded, seen: Signature) -> None:
        there = [file for file, how in seen.items() if how is not None]
        kept = Kept(str(self._path), time.time(), {str(file): digest(file) for file in there})
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for rest in folder.glob("new-*"):
            shutil.rmtree(rest)
        versions = _versions(folder)
        last = _listed(versions[0]) if versions else None
        if last is not None and (last.corefile, last.files) == (kept.corefile, kept.files):
            return
        fresh = Path(tempfile.mkdtemp(prefix="new-", dir=folder))
        try:
            _fill(fresh / _TREE, loaded, there)
            store.save(fresh, _LIST, kept)
            if look(seen) == seen:
                fresh.rename(folder / str(int(versions[0].name) + 1 if versions else 1))
                store.sync(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        for old in _versions(folder)[KEPT:]:
            shutil.rmtree(old)


def _fill(tree: Path, loaded: Loaded, files: list[Path]) -> None:
    for file in files:
        place = _within(tree, file)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if file.stat().st_size < LARGE:
            shutil.copy2(file, place)
            with place.open("rb") as copied:
                os.fsync(copied.fileno())
            continue
        try:
            place.hardlink_to(file.resolve())
        except OSError:  # another disk, or somebody else's file
            place.symlink_to(file)
    for named in (loaded.server.command_dir, loaded.server.plugin_dir):
        if named is not None and not _within(tree, absolute(named)).exists():
            place = _within(tree, absolute(named))
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.symlink_to(absolute(named))


def last(path: Path, folder: Path, faults: Faults) -> Start | None:
    """Find the last good configuration of the Corefile at ``path`` in a state folder; None where there is none.

    Who is root becomes the one who kept it before anything of it is read: it may name code.
    """
    for version in _versions(absolute(folder) / FOLDER):
        kept = _listed(version)
        if kept is None or kept.corefile != str(absolute(path)):
            continue
        try:
            _trust(version)
            loaded = _loaded(version / _TREE, kept)
        except (Faults, OSError, rights.Denied) as fault:
            for line in str(fault).splitlines():
                log.warning("%s can't be used: %s", version, line)
            continue
        files = loaded.files | faults.files | {fault.file.absolute() for fault in faults.faults}
        return Start(path, replace(loaded, files=files), kept.moment, faults)
    return None


def _trust(version: Path) -> None:
    """See that all of it is one user's, and be this user if that may be; Denied where it may not."""
    owners = {each.lstat().st_uid for each in (version, version / _LIST, *_folders(version / _TREE))}
    who = owners.pop()
    if owners:
        raise rights.Denied("it belongs to several users")
    if os.geteuid() == 0 and who != 0:
        rights.become(rights.owner(who))
    elif who not in (0, os.geteuid()):
        raise rights.Denied("it belongs to another user")


def _folders(tree: Path) -> Iterator[Path]:
    for folder, _, _ in os.walk(tree):
        yield Path(folder)


def _loaded(tree: Path, kept: Kept) -> Loaded:
    """Load from a tree; paths that are written to, or looked at again, are those outside of it."""
    for name, was in kept.files.items():
        if digest(_within(tree, Path(name))) != was:
            raise OSError(f"{name} is not what it was")
    loaded = load(_within(tree, Path(kept.corefile)))
    for file in loaded.files:
        if not file.is_relative_to(tree) and kept.files.get(str(file)) not in (None, digest(file)):
            log.warning("%s is named by an absolute path, and is not what it was", file)
    server = loaded.server
    outside = replace(server, state=_outside(tree, server.state), overrides=_outside(tree, server.overrides))
    return replace(loaded, server=outside, files=frozenset(_out(tree, file) for file in loaded.files))


def _versions(folder: Path) -> list[Path]:
    """List what is kept, the newest first."""
    found = [each for each in folder.glob("*") if each.name.isdecimal()]
    return sorted(found, key=lambda each: int(each.name), reverse=True)


def _listed(version: Path) -> Kept | None:
    try:
        return store.load(version, _LIST, Kept)
    except (OSError, ValueError) as fault:
        log.warning("%s can't be used: %s", version, fault)
        return None


def digest(file: Path) -> str:
    """Give the SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def absolute(path: Path) -> Path:
    """Make a path absolute and leave links in it."""
    return Path(os.path.abspath(path))  # noqa: PTH100  Path.resolve would follow links


def _within(tree: Path, file: Path) -> Path:
    return tree / file.relative_to("/")


def _outside(tree: Path, path: Path | None) -> Path | None:
    return None if path is None else _out(absolute(tree), absolute(path))


def _out(tree: Path, path: Path) -> Path:
    return Path("/") / path.relative_to(tree) if path.is_relative_to(tree) else path
