"""What registries have to tell, in the log."""

from __future__ import annotations

from io import StringIO

from regbot.registry.observer import Progress
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.registries.observer import LogObserver


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def observer(said: StringIO, clock: Clock) -> LogObserver:
    """Make one that writes everything."""
    return LogObserver(open_log(Writer(-8, stream=said)), clock)


def test_levels() -> None:
    """Each kind of news has its level."""
    said = StringIO()
    told = observer(said, Clock())
    told.debug("how")
    told.warn("look")
    told.error("harm")
    assert [line.split(" ", 1)[1] for line in said.getvalue().splitlines()] == [
        "level=DEBUG msg=how",
        "level=WARN msg=look",
        "level=ERROR msg=harm",
    ]


def test_progress_is_told_now_and_then() -> None:
    """Of what happens within a second one record is written, and one of the end in any case."""
    said, clock = StringIO(), Clock()
    told = observer(said, clock)
    for clock.now, count in [(0.0, 1), (0.5, 2), (1.2, 3), (1.3, 4), (1.4, 9)]:
        told.progress(Progress("a/b:c", 0 if count < 9 else 1, 1, count, 9))
    assert [line.split("bytes=")[1] for line in said.getvalue().splitlines()] == ["1 of=9", "3 of=9", "9 of=9"]
