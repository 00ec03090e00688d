"""What the operator asks for at the admin door, and how it is done; and the door, kept where the Corefile wants it."""

import asyncio
import logging
import time
from pathlib import Path
from typing import Final

from gtm.control import door
from gtm.control.admin import Admin
from gtm.control.control import Control
from gtm.control.drill import Drills
from gtm.control.exposition import Now, Taken
from gtm.control.field import Field
from gtm.control.problems import idle
from gtm.control.status import About, View
from gtm.health.override import Override

log = logging.getLogger("gtm")
LOOK: Final = 1.0
"""Seconds between two looks at where the door should be."""


class Desk:
    """Does what is asked for, by the control part that it belongs to."""

    def __init__(self, control: Control, path: Path) -> None:
        """Serve a control part, whose Corefile is at ``path``."""
        self._control, self._path = control, path
        self._started = time.time()
        self._drills = Drills(Field(control))
        self._admin: Admin | None = None
        self._where: tuple[object, object] = (None, None)

    async def run(self) -> None:
        """Keep the door where the Corefile wants it, until cancelled."""
        try:
            while True:
                try:
                    await self._keep()
                except Exception as fault:  # noqa: BLE001  the next try may do
                    log.error("no admin door: %r", fault)  # noqa: TRY400  no stack
                await asyncio.sleep(LOOK)
        finally:
            if self._admin is not None:
                await self._admin.close()

    async def _keep(self) -> None:
        server = self._control.loaded.server
        wanted = (server.admin, server.admin_token)
        if wanted == self._where:
            return
        if self._admin is not None:
            await self._admin.close()
        self._admin, before, self._where = None, self._where, wanted
        if server.admin is None:
            return
        admin = Admin(self, server.admin, server.admin_token)
        try:
            await admin.start()
        except OSError as fault:
            if before != (None, "tried"):
                log.error("no admin door at %s port %d: %s", *server.admin, fault.strerror)  # noqa: TRY400  no stack
            self._where = (None, "tried")  # it is tried again
            return
        self._admin = admin
        log.info("admin door at http://%s:%d", *admin.address)

    def ready(self) -> str | None:
        """Say why there are no answers yet, or None when there are."""
        if not self._control.begun.is_set():
            return "the first round of probes is under way"
        return None if self._control.answering.workers else "no worker answers"

    def view(self) -> View:
        """Give all that a status is made from."""
        control, believer = self._control, self._control.believer
        believer.settle()
        reloader = control.reloader
        about = About(
            started=self._started,
            loaded=reloader.since,
            corefile=str(self._path),
            not_ready=self.ready(),
            refused=reloader.refused,
            workers=control.answering.workers,
            restarts=control.restarts,
            braked=believer.braked,
            unkept=control.memory.fault,
            unheeded=control.overrides.fault,
        )
        return View(
            about=about,
            loaded=control.loaded,
            table=believer.world.table,
            state=believer.world.state,
            standings={standing.key: standing for standing in believer.standings},
            since=dict(believer.since),
            overrides=control.overrides.in_force(time.time()),
            late=dict(control.prober.late),
            findings=dict(control.resolver.findings),
            unseen=dict(believer.unseen),
        )

    def measured(self) -> Taken:
        """Give all that is measured."""
        control = self._control
        control.believer.settle()
        now = Now(
            loaded=control.reloader.since,
            is_ready=self.ready() is None,
            is_refused=control.reloader.refused is not None,
            running=control.prober.running(),
            late=len(self._late()),
            queue=control.notifier.waiting,
            overrides=len(self.overrides()),
            workers=control.answering.workers,
            workers_wanted=control.loaded.server.workers,
            data=control.loaded.data,
            is_braked=control.believer.brake.since is not None,
            is_kept=not control.memory.fault,
            names=tuple(control.resolver.findings.values()),
            members=tuple(control.believer.standings),
            idle=idle(control.loaded, control.believer.world.state),
        )
        return control.metrics.taken(now)

    def _late(self) -> set[str]:
        """Name the checks of which nothing was seen for three turns or more, whatever kept us from it."""
        beliefs, now = self._control.believer.world.table.beliefs, self._control.clock.now()
        stale = {key for key, belief in beliefs.items() if belief.until < now}
        return stale | {key for key, _ in self._control.prober.late} | (self._control.believer.unseen.keys() - beliefs)

    def overrides(self) -> tuple[Override, ...]:
        """List the overrides in force."""
        return self._control.overrides.in_force(time.time())

    async def alerts(self, query: door.AlertQuery) -> object:
        """Look alerts up in the log."""
        return await self._control.alertlog.query(query)

    async def override(self, request: door.OverrideRequest) -> object:
        """Put a word on members."""
        done = await self._control.overrides.set(request, self._control.believer.world.state, time.time())
        self._control.heed()
        return done

    async def release(self, request: door.ReleaseRequest) -> object:
        """Take words back."""
        done = await self._control.overrides.release(request, time.time())
        self._control.heed()
        return done

    async def drill(self, request: door.DrillRequest) -> object:
        """Let members look as if they failed; cancelled when who asked for it goes."""
        return await self._drills.run(request)

    async def reload(self, request: door.ReloadRequest) -> door.Reloaded:  # noqa: ARG002  whoever it was, it is the same
        """Load the configuration anew."""
        is_taken = await self._control.reload()
        refused = self._control.reloader.refused
        lines = map(str, self._control.loaded.warnings) if is_taken else (refused[1] if refused else ())
        return door.Reloaded(is_taken, tuple(lines))
