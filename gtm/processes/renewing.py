"""Loading a configuration anew because somebody said so, and telling him when that is over."""

import asyncio
from collections.abc import Awaitable, Callable


class Renewing:
    """Loads the configuration anew when told to, and tells when that is over."""

    def __init__(
        self, reload: Callable[[], Awaitable[bool]], over: Callable[[], None], begun: Callable[[], None] = lambda: None
    ) -> None:
        """Load by ``reload``; ``begun`` hears that it begins, ``over`` that it ended, however it did."""
        self._reload, self._over, self._begun = reload, over, begun
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Load it now."""
        task = asyncio.get_running_loop().create_task(self._renew())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _renew(self) -> None:
        self._begun()
        try:
            await self._reload()
        finally:
            self._over()
