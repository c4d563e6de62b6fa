"""What registries have to tell, as records of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loguru import Logger

    from regbot.registry.observer import Progress


class LogObserver:
    """An Observer that writes to the log."""

    def __init__(self, log: Logger) -> None:
        self._log = log

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
        self._log.bind(target=progress.target, bytes=progress.bytes).trace(
            f"Copying: {progress.blobs} of {progress.blobs_known} blobs"
        )
