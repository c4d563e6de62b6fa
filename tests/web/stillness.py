"""A server where nothing happens but what a test lets happen: a Control for the mock clock, which no real one obeys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NoReturn

import trio

from regbot.supervisor.history.record import Cause, RunRecord
from regbot.supervisor.server.control import ScriptState, ServerState, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regbot.supervisor.audit.change import Change
    from regbot.supervisor.audit.trail import LogLine, Step
    from regbot.supervisor.server.control import Reloaded

WHEN: Final = datetime(2026, 1, 2, tzinfo=UTC)


def record(**fields: object) -> RunRecord:
    """Return a run that is going on."""
    usual = {"id": 1, "script": "s", "hash": "", "cause": Cause.REQUEST, "dry_run": False, "started": WHEN}
    return RunRecord(**{**usual, **fields})  # type: ignore[arg-type]  # the tests say


def script(name: str, **fields: object) -> ScriptState:
    """Return the state of a script."""
    usual = {"hash": "", "schedule": "", "interval": None, "jitter": 0.0, "next": None, "running": None}
    rest = {"last": None, "skipped": 0}
    return ScriptState(**{"name": name, **usual, **rest, **fields})  # type: ignore[arg-type]  # likewise


class Still:
    """A Control: its lists are what a test says, and `stir` says that something is new."""

    def __init__(self) -> None:
        self.record: RunRecord | None = record()
        self.states: list[ScriptState] = [script("a"), script("b")]
        self.log: list[LogLine] = []
        self.ready = True
        self.stopping = False
        self._version, self._come = 1, trio.Event()

    def stir(self) -> None:
        """Say that something is new."""
        self._version += 1
        self._come.set()
        self._come = trio.Event()

    def state(self) -> ServerState:
        """Return what the server is at."""
        count = len(self.states)
        return ServerState(
            version="1",
            started=WHEN,
            reloaded=WHEN,
            stopping=self.stopping,
            dry_run=False,
            scripts=count,
            running=0,
        )

    def scripts(self) -> Sequence[ScriptState]:
        """Return the scripts."""
        return self.states

    def script(self, name: str) -> ScriptState:
        """Return one script."""
        return next(each for each in self.states if each.name == name)

    async def runs(self, *, script: str = "", before: int = 0, limit: int = 50) -> Sequence[RunRecord]:  # noqa: ARG002
        """Return no runs."""
        return ()

    async def run(self, number: int) -> RunRecord:
        """Return the run."""
        if self.record is None:
            raise Unknown(f"there is no run {number}")
        return self.record

    def doing(self, _number: int) -> str:
        """Say that it is in Lua."""
        return ""

    async def lines(self, _number: int, *, after: int = 0) -> Sequence[LogLine]:
        """Return its log."""
        return self.log[after:]

    async def steps(self, _number: int, *, after: int = 0) -> Sequence[Step]:  # noqa: ARG002
        """Return no operations."""
        return ()

    async def changes(self, _number: int, *, after: int = 0) -> Sequence[Change]:  # noqa: ARG002
        """Return no changes."""
        return ()

    async def start(self, script: str, *, dry_run: bool) -> NoReturn:
        """Fail as no server should."""
        raise RuntimeError(f"{script} {dry_run}")

    async def cancel(self, _number: int) -> bool:
        """Cancel nothing."""
        return False

    async def reload(self) -> Reloaded:
        """Fail as no server should."""
        raise RuntimeError("reload")

    async def changed(self, since: int) -> int:
        """Wait until something is new."""
        while self._version <= since:
            await self._come.wait()
        return self._version
