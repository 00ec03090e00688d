"""A time of day that jumps: no answer changes, and nobody is believed to be up or down because of it."""

import os
import time
from pathlib import Path

import pytest

from tests.edges.conftest import until
from tests.edges.running import FIRST, Load, addresses, admin, ask, told, write

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


@pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed")
def test_clock_jumps(tmp_path, outside, backends):
    """Catalogue 3.3: back a day, ahead a year."""
    clock = tmp_path / "clock"
    clock.write_text("+0")
    faked = {"LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    path = write(tmp_path, backends.port, server="workers = 2\nwatch = false")
    server = outside(
        path, env=os.environ | faked | {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_CACHE_DURATION": "1"}
    )
    port = server.port
    assert ask(port) == FIRST
    before = addresses(admin(server))
    with Load(port, rate=200) as load:
        for jump in ("-1d", "+365d", "+0"):
            clock.write_text(jump)
            moment = time.monotonic()
            until(lambda moment=moment: time.monotonic() - moment > 3)
            status = addresses(admin(server))
            assert {host: each["health"] for host, each in status.items()} == dict.fromkeys(before, "ok"), jump
            assert not any(check["stale"] for each in status.values() for check in each["checks"]), jump
    server.wait_for(r"WARNING the clock was set by -86\d\d\d s; no verdict changes by that")
    server.wait_for(r"WARNING the clock was set by \+31\d\d\d\d\d\d s")
    assert (load.lost, load.values()) == (0, {"127.0.0.2"})
    assert load.slowest < 1
    assert told(tmp_path) == []
    assert not [line for line in server.lines if "Traceback" in line or "started again" in line or "ERROR" in line]
    # and what comes after that is seen as soon as ever
    backends.fall("127.0.0.2")
    until(lambda: ask(port) != FIRST, 5)
