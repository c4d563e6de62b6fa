"""A task beside the block that needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Background:
    """Work that goes on until it is closed.

    A nursery around the caller's block would wrap what escapes from it into a group.  What escapes from this task is a
    defect of ours, and trio ends the program for it.
    """

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._scope, self._over = trio.CancelScope(), trio.Event()
        trio.lowlevel.spawn_system_task(self._run)

    async def aclose(self) -> None:
        """Cancel the work, and wait until it has ended."""
        self._scope.cancel()
        await self._over.wait()

    async def _run(self) -> None:
        try:
            with self._scope:
                await self._work()
        finally:
            self._over.set()
