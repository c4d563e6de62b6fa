"""Counters that a script keeps by `metric.add`: few, and with names that a monitoring system takes."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from regbot.protocol.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_METRICS: Final = 32
"""Names a run: each may become a series of its own."""
MAX_EXACT: Final = 1 << 53
"""The largest number up to which every whole one is a float."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Metrics:
    """One run's counters.

    The prelude (sandbox/prelude/counters.lua) adds up what a script counts.  It says so before each call, before it
    waits for an answer and before its end, of each counter once: MAX_METRICS messages at most each time.
    """

    def __init__(self) -> None:
        self._totals: dict[str, float] = {}
        self._left = MAX_METRICS
        """Messages that the child may still send: it makes a call, waits for its answer, and there is the end."""

    def called(self) -> None:
        """Take note of a call."""
        self._left += 2 * MAX_METRICS

    def add(self, name: str, amount: float) -> None:
        """Add to a counter; WireError for what the prelude does not let happen: no name, one too many, a flood."""
        self._left -= 1
        if self._left < 0:
            raise WireError("more is counted than its calls and its end give occasion for")
        if _NAME.fullmatch(name) is None or (name not in self._totals and len(self._totals) >= MAX_METRICS):
            raise WireError(f"{name[:80]!r} can be no metric, or is one more than {MAX_METRICS}")
        total = self._totals.get(name, 0.0) + amount
        if not math.isfinite(total):
            raise WireError(f"the metric {name} is beyond every number")
        self._totals[name] = total

    @property
    def totals(self) -> Mapping[str, float]:
        """What was counted so far, by name; a whole number is an int."""
        return {
            name: int(total) if total.is_integer() and total <= MAX_EXACT else total
            for name, total in self._totals.items()
        }
