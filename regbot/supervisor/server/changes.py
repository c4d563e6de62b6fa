"""Waking those who look on, whenever there is something new."""

from __future__ import annotations

import trio


class Changes:
    """A version that grows; whoever has seen one waits for the next."""

    def __init__(self) -> None:
        self._version = 1
        self._come = trio.Event()
        self._token = trio.lowlevel.current_trio_token()

    def stir(self) -> None:
        """Take note that something is new; threads may do so, too."""
        if trio.lowlevel.in_trio_task():
            self._stir()
        else:
            self._token.run_sync_soon(self._stir, idempotent=True)

    async def since(self, version: int) -> int:
        """Wait until there is something newer than *version*, return the version of now."""
        while self._version <= version:
            await self._come.wait()
        return self._version

    def _stir(self) -> None:
        self._version += 1
        if self._come.statistics().tasks_waiting:
            self._come.set()
            self._come = trio.Event()
