"""Standard error where it is a terminal: the log, below it the copies that go on, and in the end a table."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from regbot.commands.closing.bars import Bars
    from regbot.registry.observer import Progress
    from regbot.supervisor.report import Report


class Terminal:
    """A Spectator, and the stream that the log is written to.  Until there is more to show than that, it is only that.

    *clock* returns seconds.
    """

    def __init__(self, file: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._file, self._clock = file, clock
        self._bars: Bars | None = None

    @property
    def log(self) -> TextIO:
        """The stream for the log; it has what its writer needs of one."""
        return cast("TextIO", self)

    def write(self, text: str) -> None:
        """Write lines of the log: above the bars, if there are any."""
        if self._bars is None or not self._bars.shown:
            self._file.write(text)
            return
        from rich.text import Text  # noqa: PLC0415 -- as below

        self._console.print(Text(text.removesuffix("\n")), soft_wrap=True)

    def flush(self) -> None:
        """Have it shown."""
        self._file.flush()

    def copied(self, script: str, progress: Progress) -> None:
        """Show how far a copy is; see Spectator."""
        if self._bars is None:
            # What draws takes longer to load than many a script to run, and most need none.
            from regbot.commands.closing.bars import Bars  # noqa: PLC0415

            self._bars = Bars(self._console, self._clock)
        if self._console.is_interactive and not self._console.is_dumb_terminal:
            self._bars.copied(script, progress)

    def ended(self, script: str) -> None:
        """Take away the bars of a script; see Spectator."""
        if self._bars is not None:
            self._bars.ended(script)

    def close(self) -> None:
        """Take away all bars."""
        if self._bars is not None:
            self._bars.close()

    def show(self, report: Report) -> None:
        """Print the closing table."""
        from regbot.commands.closing import table  # noqa: PLC0415 -- as above

        table.show(self._console, report)

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console  # noqa: PLC0415 -- as above

        return Console(file=self._file, markup=False, highlight=False, emoji=False)
