"""Work that a cancellation does not end at once."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Grace:
    """The *seconds* that there are, all in all, once the caller is cancelled; until then there is no bound."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._end = seconds, inf

    @property
    def left(self) -> float:
        """How many of them are left: all, if the caller were cancelled just now."""
        return max(min(self._seconds, self._end - trio.current_time()), 0.0)

    async def spend(self, work: Callable[[], Awaitable[None]], share: float) -> None:
        """Do *work*; once the caller is cancelled it has the *share*, up to 1, of the seconds to come to its end.

        What it raises is raised as it is, else the caller's own cancellation.
        """
        failure: Exception | None = None
        ended = False

        async def watch() -> None:
            try:
                await trio.sleep_forever()
            finally:
                if not ended:
                    self._end = trio.current_time() + self._seconds
                    scope.deadline = trio.current_time() + share * self._seconds

        try:
            async with trio.open_nursery() as nursery:
                # What waits in there has to know of the caller's deadline: it does not begin a wait that is too long.
                deadline = trio.current_effective_deadline() + share * self._seconds
                with trio.CancelScope(shield=True, deadline=deadline) as scope:
                    nursery.start_soon(watch)
                    try:
                        await work()
                    except Exception as exc:  # noqa: BLE001 -- raised below: a nursery would put it into a group
                        failure = exc
                ended = True
                nursery.cancel_scope.cancel()
        finally:
            if failure is not None:
                raise failure
