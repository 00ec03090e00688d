"""Two networks of our own, joined by one wire and to nothing else: ours, with the server, and the far one, with the backends."""

import contextlib
import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator

OURS, ONE, TWO = "10.1.0.1", "10.1.0.2", "10.1.0.3"
_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


class Denied(Exception):
    """This process can't make networks."""


class Wire:
    """The networks; this thread, and every process that it starts, is in ours, until it is ``beyond``."""

    def __init__(self, ours: int, far: int) -> None:
        self._ours, self._far = ours, far

    @contextlib.contextmanager
    def beyond(self) -> Iterator[None]:
        """Be in the far network for as long as this lasts."""
        _enter(self._far)
        try:
            yield
        finally:
            _enter(self._ours)

    def drop(self, address: str) -> None:
        """Lose all that an address beyond sends, without a word to anybody."""
        with self.beyond():
            run(f"ip rule add from {address} blackhole")

    def forward(self, address: str) -> None:
        """Lose it no longer."""
        with self.beyond():
            run(f"ip rule del from {address} blackhole")

    def cut(self) -> None:
        """Take the link down at our end."""
        run("ip link set near down")

    def mend(self) -> None:
        """Take the link up again."""
        run("ip link set near up")


@contextlib.contextmanager
def wired() -> Iterator[Wire]:
    """Join two networks; Denied where that may not be."""
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(_opened())
        if not shutil.which("ip") or _LIBC.unshare(_NEWNET):
            raise Denied("no network of our own can be had here")
        stack.callback(_enter, home)
        ours = stack.enter_context(_opened())
        assert not _LIBC.unshare(_NEWNET)
        far = stack.enter_context(_opened())
        _enter(ours)
        made = Wire(ours, far)
        run(
            "ip link set lo up",
            "ip link add near type veth peer name far",
            f"ip link set far netns /proc/{os.getpid()}/fd/{far}",
            f"ip addr add {OURS}/24 dev near",
            "ip link set near up",
        )
        with made.beyond():
            run(
                "ip link set lo up",
                f"ip addr add {ONE}/24 dev far",
                f"ip addr add {TWO}/24 dev far",
                "ip link set far up",
            )
        yield made


@contextlib.contextmanager
def _opened() -> Iterator[int]:
    """Hold on to the network that this thread is in."""
    opened = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        yield opened
    finally:
        os.close(opened)


def _enter(network: int) -> None:
    if _LIBC.setns(network, _NEWNET):
        raise OSError(ctypes.get_errno(), "can't enter a network")


def run(*commands: str) -> None:
    """Run commands, each of which must succeed."""
    for command in commands:
        done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise Denied(f"{command}: {done.stderr}")
