"""One process that does it all, as a service: with workers = 0."""

import asyncio
import os
import time

from gtm.processes import inherited, rights
from gtm.processes.alone import Server
from gtm.processes.manager import Manager
from gtm.processes.renewing import Renewing
from gtm.processes.snapshot import Start
from gtm.processes.watchdog import Watchdog, armed

ANSWERS = "this one process answers"


async def serve(start: Start) -> int:
    """Serve until told to stop; OSError when the sockets can't be had, Denied when the rights can't. Gives the exit status.

    Who is stuck ends, and it is for the service manager to start it again.
    """
    manager = Manager.found(os.environ)
    passed = inherited.received(os.environ)
    server = Server(start.path, start.loaded)
    server.begin(start)
    server.open(passed)
    inherited.left(passed, start.loaded.server.listen)
    rights.settle(start.loaded)
    armed()
    watchdog = Watchdog("the server")
    server.heed(Renewing(server.control.reload, lambda: manager.reloaded(ANSWERS), manager.reloading))
    vouching = asyncio.get_running_loop().create_task(_vouch(manager))
    try:
        await server.start()
        manager.ready(ANSWERS)
        await server.run()
    finally:
        manager.stopping()
        vouching.cancel()
        watchdog.stop()
    return 0


async def _vouch(manager: Manager) -> None:
    """Tell the service manager that the loop turns."""
    while True:
        manager.alive(time.monotonic())
        await asyncio.sleep(0.5)
