"""Bars below the log: how far copies are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Column

from regbot.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from regbot.registry import observer

DELAY: Final = 0.5
"""Seconds for which a copy goes on before it gets a bar."""
PAUSE: Final = 0.1
"""Seconds between two pictures."""
STALE: Final = 30.0
"""Seconds after which a copy of which nothing was heard has no bar any more: it has failed, or hangs."""


@dataclass(slots=True)
class _Copy:
    began: float
    heard: float
    bar: TaskID | None = None


class Bars:
    """The bars of all copies; *clock* returns seconds.  They are drawn when something is told, and by nobody else."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console, self._clock = console, clock
        self._copies: dict[tuple[str, str], _Copy] = {}
        self._progress: Progress | None = None
        self._drawn = float("-inf")

    @property
    def shown(self) -> bool:
        """Whether there are any on the terminal."""
        return self._progress is not None

    def copied(self, script: str, progress: observer.Progress) -> None:
        """Show how far a copy is."""
        key, now = (script, progress.target), self._clock()
        if (progress.blobs, progress.bytes) == (progress.blobs_known, progress.bytes_known):
            self._drop([key])
            return
        copy = self._copies.setdefault(key, _Copy(now, now))
        copy.heard = now
        self._drop([key for key, each in self._copies.items() if now - each.heard > STALE])
        if now - copy.began >= DELAY:
            self._draw(key, copy, progress)

    def ended(self, script: str) -> None:
        """Take away what a script has left."""
        self._drop([key for key in self._copies if key[0] == script])

    def close(self) -> None:
        """Take them all away."""
        self._drop(list(self._copies))

    def _draw(self, key: tuple[str, str], copy: _Copy, progress: observer.Progress) -> None:
        if self._progress is None:
            self._progress = _made(self._console)
            self._progress.start()
        if copy.bar is None:
            copy.bar = self._progress.add_task(one_line(f"{key[0]}: {key[1]}"), total=None)
        self._progress.update(copy.bar, completed=progress.bytes, total=progress.bytes_known)
        if (now := self._clock()) - self._drawn >= PAUSE:
            self._drawn = now
            self._progress.refresh()

    def _drop(self, keys: list[tuple[str, str]]) -> None:
        for key in keys:
            copy = self._copies.pop(key, None)
            if copy is not None and copy.bar is not None and self._progress is not None:
                self._progress.remove_task(copy.bar)
        if self._progress is not None and not self._progress.task_ids:
            self._progress.stop()
            self._progress = None


def _made(console: Console) -> Progress:
    return Progress(
        # Names are shown as they are, also where they look like markup.
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
