"""How slowly an answer may come: whoever sends it drop by drop would hold a slot for ever."""

from __future__ import annotations

from typing import Final

import httpcore

MIN_RATE: Final = 1024
"""Bytes a second that come on average over a `WINDOW`."""
WINDOW: Final = 60.0
"""Seconds of waiting after which the rate is looked at, and counted anew."""


class Pace:
    """The rate of one answer while it is waited for; what the reader does with it in between does not count."""

    def __init__(self) -> None:
        self._bytes = 0
        self._waited = 0.0

    def note(self, size: int, seconds: float) -> None:
        """Take note of a piece of *size* bytes that took *seconds* to come; ReadTimeout if the answer is too slow."""
        self._bytes += size
        self._waited += seconds
        if self._waited < WINDOW:
            return
        if self._bytes < MIN_RATE * self._waited:
            raise httpcore.ReadTimeout(f"less than {MIN_RATE} bytes a second")
        self._bytes, self._waited = 0, 0.0
