"""How many calls runs have in flight, by which the usual number of requests to a registry goes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from regbot.registry.http.throttle import USUAL

if TYPE_CHECKING:
    from collections.abc import Callable


class Crowd:
    """The most calls that any one run has in flight: *widen* is told of it whenever that changes above the usual."""

    def __init__(self, widen: Callable[[int], None]) -> None:
        self._widen = widen
        self._most = USUAL
        self._runs: dict[object, int] = {}

    def joined(self) -> Callable[[int], None]:
        """Return what one more run shall tell the number of its calls in flight, and at its end 0."""
        return partial(self._note, object())

    def _note(self, run: object, calls: int) -> None:
        if calls > USUAL:
            self._runs[run] = calls
        elif self._runs.pop(run, None) is None:
            return
        most = max(self._runs.values(), default=USUAL)
        if most != self._most:
            self._most = most
            self._widen(most)
