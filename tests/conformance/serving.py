"""``gtm serve`` as users run it, for as long as a suite asks it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.edges.conftest import Outside

QUIET = ("INFO ", "WARNING running as root", "(ended)")
"""How a line of the log begins that tells of nothing wrong."""


@contextlib.contextmanager
def served(folder: Path, text: str) -> Iterator[Outside]:
    """Serve a Corefile; AssertionError where its processes do not end well."""
    path = folder / "Corefile.toml"
    path.write_text(text, encoding="utf-8")
    server = Outside(path)
    try:
        server.wait_for("listening on")
        yield server
    finally:
        code = server.stop()
    assert code == 0, f"the server ended with {code}: {server.lines}"


def faults(server: Outside) -> list[str]:
    """List what the log says of something wrong."""
    with server.news:
        return [line for line in server.lines if not line.startswith(QUIET)]
