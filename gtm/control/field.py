"""The running server as a drill sees it."""

from collections.abc import Collection
from contextlib import AbstractContextManager

from gtm.config.loaded import Loaded
from gtm.control.control import Control
from gtm.control.drill import ask
from gtm.health.override import Members
from gtm.health.table import State, Table
from gtm.model.member import Domain


class Field:
    """A control part, to be drilled on."""

    def __init__(self, control: Control) -> None:
        """Drill on this one."""
        self._control = control

    @property
    def loaded(self) -> Loaded:
        """What is served."""
        return self._control.loaded

    @property
    def members(self) -> Members:
        """Whom words may mean in it."""
        return self._control.overrides.members

    @property
    def table(self) -> Table:
        """What is believed."""
        return self._control.believer.world.table

    @property
    def state(self) -> State:
        """What follows from it."""
        return self._control.believer.world.state

    def feign(self, keys: Collection[str]) -> AbstractContextManager[None]:
        """Let these checks fail for as long as this lasts."""
        return self._control.believer.feign(keys)

    async def answers(self, domain: Domain) -> frozenset[str]:
        """Ask the server's own port: the values of one answer; OSError when there is none."""
        host, port = self._control.answering.addresses[0]
        return await ask(host, port, domain)
