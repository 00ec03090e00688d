"""Who the processes run as: once the sockets are open, an ordinary user who may do one thing more, open low ports.

That one right is for a reload that names another address; the workers give it up as well.
"""

import logging
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gtm.config.loaded import Loaded
from gtm.processes import kernel

log = logging.getLogger("gtm")


class Denied(Exception):
    """The processes can't run as they should; the message says why."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user of this machine."""

    name: str
    uid: int
    gid: int


def person(name: str) -> Person:
    """Find the user of this name, who must be ourselves if we are not root; Denied says what is wrong."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise Denied(
            f'[server] user: there is no user "{name}"; make one, such as by useradd --system {name}'
        ) from None
    if os.geteuid() not in (0, found.pw_uid):
        raise Denied(f'[server] user: only root can become "{name}"; start as root, or leave user out')
    return Person(found.pw_name, found.pw_uid, found.pw_gid)


def owner(uid: int) -> Person:
    """Find the user of this number; Denied where nobody has it."""
    try:
        found = pwd.getpwuid(uid)
    except KeyError:
        raise Denied(f"there is no user {uid}") from None
    return Person(found.pw_name, found.pw_uid, found.pw_gid)


def settle(loaded: Loaded) -> None:
    """Become the user that ``[server]`` names, and tell of what he can't reach; to be done before anything is forked."""
    name = loaded.server.user
    if os.geteuid():
        kernel.disinherit()
    if name is None:
        if os.geteuid() == 0:
            log.warning("running as root; name an ordinary user as [server] user")
        return
    who = person(name)
    _house(loaded.server.state, who)
    become(who)
    for words in lacking(loaded, who):
        log.warning("%s", words)


def become(who: Person) -> None:
    """Be an ordinary user from now on; Denied where the system refuses."""
    if who.uid == os.geteuid():
        return
    try:
        kernel.outlive()
        os.initgroups(who.name, who.gid)
        os.setresgid(who.gid, who.gid, who.gid)
        os.setresuid(who.uid, who.uid, who.uid)
        kernel.keep(kernel.NET_BIND if who.uid else 0)
        kernel.renounce()
    except OSError as fault:
        raise Denied(f'[server] user: this process can\'t become "{who.name}": {fault.strerror}') from fault
    log.info("running as %s", who.name)


def shed() -> None:
    """Give up what is left of root's rights: who answers needs none. Root himself keeps them, or he could not read his files."""
    if os.geteuid():
        kernel.keep(0)


def _house(state: Path | None, who: Person) -> None:
    """Make the state folder for him where there is none yet; what is there stays whose it is."""
    if state is None or state.exists():
        return
    try:
        state.mkdir(mode=0o700, parents=True)
        os.chown(state, who.uid, who.gid)
    except OSError as fault:
        raise Denied(f'[server] state: "{state}" can\'t be made: {fault.strerror}') from fault


def lacking(loaded: Loaded, who: Person) -> Iterator[str]:
    """Say what this process, running as this user, can't reach of what it will need."""
    state = loaded.server.state
    if state is not None:
        mine = [state, *(sorted(state.iterdir()) if os.access(state, os.R_OK | os.X_OK) else ())]
        if not all(os.access(file, os.W_OK) for file in mine):
            yield f'[server] state: user "{who.name}" can\'t write to "{state}", so nothing is kept; say chown -R {who.name} {state}'
    for file in sorted(loaded.files):
        if not _is_readable(file):
            yield f'user "{who.name}" can\'t read "{file}", so the next reload will be refused; let him read it'


def _is_readable(file: Path) -> bool:
    """Tell whether a file can be read, or is not there at all and need not be."""
    try:
        file.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return os.access(file, os.R_OK)
