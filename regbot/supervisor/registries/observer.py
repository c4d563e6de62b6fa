"""What registries have to tell, as records of the log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from loguru import Logger

    from regbot.registry.observer import Progress

PAUSE: Final = 1.0
"""Seconds between two records of how far copies are, but for that of a copy's end."""


def _nobody(_: Progress) -> None:
    """Show nobody how far a copy is."""


class LogObserver:
    """An Observer that writes to the log; *clock* returns seconds.  *show* is told of all progress as well."""

    def __init__(
        self,
        log: Logger,
        clock: Callable[[], float] = time.monotonic,
        *,
        show: Callable[[Progress], None] = _nobody,
    ) -> None:
        self._log, self._clock, self._show = log, clock, show
        self._next = float("-inf")

    def debug(self, text: str) -> None:
        """Log how something is done."""
        self._log.debug(text)

    def warn(self, text: str) -> None:
        """Log what should be looked into."""
        self._log.warning(text)

    def error(self, text: str) -> None:
        """Log harm that lasts."""
        self._log.error(text)

    def progress(self, progress: Progress) -> None:
        """Log how far a copy is, for those who want to know everything."""
        self._show(progress)
        done = (progress.blobs, progress.bytes) == (progress.blobs_known, progress.bytes_known)
        now = self._clock()
        if not done and now < self._next:
            return
        self._next = now + PAUSE
        self._log.bind(target=progress.target, bytes=progress.bytes, of=progress.bytes_known).trace(
            f"Copying: {progress.blobs} of {progress.blobs_known} blobs"
        )
