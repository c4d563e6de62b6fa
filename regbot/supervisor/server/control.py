"""What can be asked of a server, and asked for: all that its HTTP side knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from regbot.supervisor.audit.change import Change
    from regbot.supervisor.audit.trail import LogLine, Step
    from regbot.supervisor.history.record import RunRecord


class Unknown(Exception):
    """There is no such script, or no such run; the message says so."""


class Busy(Exception):
    """The script runs already, or the server is stopping: nothing was started, and the message says why."""


class ReloadFailed(Exception):
    """The file cannot be used, and the old configuration stays; *findings* say why, each with its file and line."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("; ".join(findings))
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptState:
    """A script of the configuration in force.

    *name* is unique: a second script of one name has " (2)" behind it.  *schedule* is as the user wrote it ("": none),
    *interval* and *jitter* are seconds.  *next* is None for a script that only runs when somebody asks.
    """

    name: str
    hash: str
    schedule: str
    interval: float | None
    jitter: float
    next: datetime | None
    running: int | None
    """The run that is going on."""
    last: RunRecord | None
    """The latest run that has ended."""
    skipped: int
    """Starts that were skipped since the server started, because the script still ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """What a reload changed: names of scripts."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """The server itself: *stopping* once it was told to end; *reloaded* is when its configuration came into force."""

    version: str
    started: datetime
    reloaded: datetime
    stopping: bool
    dry_run: bool
    """Whether every run is a dry run."""
    scripts: int
    running: int


class Control(Protocol):
    """A server.  Nothing here blocks; whatever reads history awaits it."""

    @property
    def ready(self) -> bool:
        """Whether scripts can run: a child was locked down, a configuration is in force, nobody said stop."""
        ...

    def state(self) -> ServerState:
        """Return what the server is at."""
        ...

    def scripts(self) -> Sequence[ScriptState]:
        """Return all scripts, in the order of the file."""
        ...

    def script(self, name: str) -> ScriptState:
        """Return one script; Unknown if the configuration in force has none of that name."""
        ...

    async def runs(self, *, script: str = "", before: int = 0, limit: int = 50) -> Sequence[RunRecord]:
        """Return runs, the latest first: of one *script* ("": of all), numbers below *before* (0: from the top)."""
        ...

    async def run(self, number: int) -> RunRecord:
        """Return a run, as it stands if it is going on; Unknown if there is none."""
        ...

    def doing(self, number: int) -> str:
        """Return what a run is at, "" if it is in Lua or has ended."""
        ...

    async def lines(self, number: int, *, after: int = 0) -> Sequence[LogLine]:
        """Return a run's log without its first *after* lines; Unknown if there is no such run."""
        ...

    async def steps(self, number: int, *, after: int = 0) -> Sequence[Step]:
        """Return a run's operations without the first *after*; Unknown if there is no such run."""
        ...

    async def changes(self, number: int, *, after: int = 0) -> Sequence[Change]:
        """Return what a run changed, or in a dry run would have, without the first *after*; Unknown as above."""
        ...

    async def start(self, script: str, *, dry_run: bool) -> RunRecord:
        """Start a run now; Unknown or Busy if that cannot be.  A server in dry run makes it a dry run in any case."""
        ...

    async def cancel(self, number: int) -> bool:
        """End a run that is going on; False if it has ended already, Unknown if there is none."""
        ...

    async def reload(self) -> Reloaded:
        """Read the configuration anew; ReloadFailed if it cannot be used."""
        ...

    async def changed(self, since: int) -> int:
        """Wait until something is new since a version (0: at once), return the version of now.

        New is a run that began or ended, a line of its log, an operation or a change of its, and a reload.
        """
        ...
