"""`regbot shell`: chunks of Lua that somebody types, run in a child whose variables stay.

Ctrl-C ends what a chunk is doing in registries.  Where that does not end the chunk, its child is killed, and another
one begins with no variables.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

import trio

from regbot.supervisor.audit.trail import Trail
from regbot.supervisor.children.launcher import LauncherFailed
from regbot.supervisor.dry.plan import Plan
from regbot.supervisor.gates import Gates
from regbot.supervisor.operations import arguments
from regbot.supervisor.operations.table import Action, Operation
from regbot.supervisor.report import Report
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.runs.run import Run
from regbot.supervisor.signals import STOP_SIGNALS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from regbot.config.model import Script
    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.supervisor.gates import Means
    from regbot.supervisor.runs.outcome import Outcome

NAME: Final = "shell"
"""What errors call the chunks."""
GRACE: Final = 1.0
"""Seconds that a chunk has after Ctrl-C."""
LOG_BYTES: Final = 1 << 50
"""Somebody reads the log as it comes, and can stop it."""
_READ: Final = "shell.read"
"""The operation by which a child tells what came of a chunk, and asks for the next (sandbox/prelude/shell.lua)."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A text to run.  *line* is the number that its first line has in errors."""

    text: bytes
    line: int = 1


class Dialogue(Protocol):
    """Who types, and sees what comes of it."""

    interactive: bool
    """Whether Ctrl-C is meant for what runs, and not for the whole program."""

    def next(self, word: str, shown: str) -> Chunk | None:
        """Show what came of the chunk before, and return the next one; None after the last.

        *word* is `ready` (there was none before), `done`, `values`, `error`, or `more`: the text goes on, and *shown*
        is what it lacks.  This may block for as long as it likes, and KeyboardInterrupt may be raised in it.
        """
        ...

    def lost(self, why: str) -> bool:
        """Tell that a child is gone, with all variables; return whether another shall take its place."""
        ...


class _Stopped(BaseException):
    """The program was told to end, while somebody was asked for a chunk."""

    def __init__(self, number: int) -> None:
        self.signal = signal.Signals(number)


class Shell:
    """One session: as many children as it takes.  *script* says what each of them may use."""

    def __init__(self, means: Means, script: Script, dialogue: Dialogue, *, grace: float = GRACE) -> None:
        self.report = Report()
        self._launcher, self._log = means.launcher, means.log
        # Whoever types can stop it, and no chunk shall be the last because of those before.
        limits = replace(script.limits, cpu=None, operations=None, log_bytes=LOG_BYTES)
        self._script = replace(script, name=NAME, text="", timeout=None, limits=limits)
        self._dialogue, self._grace = dialogue, grace
        self._trail, self._dry_run = Trail(), means.dry_run
        plan = Plan() if means.dry_run else None
        read = Operation(self._read, (arguments.text, _shown), Action.NONE, takes_content=True)
        self._gate = replace(Gates(means).of(self._script, self._trail, plan=plan), own={_READ: read})
        self._run = self._new_run()
        self._asked = self._busy = False
        """Whether this child has asked for a chunk, and whether it is at one."""
        self._given = self._interrupted = 0
        """How many chunks were given, and which of them was interrupted."""
        self._broken: OSError | None = None
        self._unstarted = ""

    async def run(self) -> Report:
        """Run chunks to the last; OSError if they cannot be read or shown, LauncherFailed if no child can be had."""
        with trio.open_signal_receiver(*STOP_SIGNALS) as signals:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._watch, signals, nursery)
                while self._goes_on(await self._run.execute(self._launcher)):
                    self._run = self._new_run()
                nursery.cancel_scope.cancel()
        if self._dry_run:
            self.report.take(self._trail)
        if self._unstarted:
            raise LauncherFailed(self._unstarted)
        if self._broken is not None:
            raise self._broken
        return self.report

    def _new_run(self) -> Run:
        self._asked = False
        return Run(self._script, self._gate, self._log, self._trail, settings={"shell": True})

    def _goes_on(self, outcome: Outcome) -> bool:
        if not outcome.failed or self.report.stopped_by is not None:
            return False
        self.report.outcomes.append(outcome)
        if outcome.verdict is Verdict.DEFECT:
            self._log.bind(traceback=outcome.traceback).error("Where it failed")
        if not self._asked:
            # The next one would not come farther.
            self._unstarted = outcome.error
            return False
        return self._dialogue.lost(outcome.error)

    async def _watch(self, signals: AsyncIterator[int], nursery: trio.Nursery) -> None:
        async for number in signals:
            if number == signal.SIGINT and self._dialogue.interactive:
                nursery.start_soon(self._interrupt)
            else:
                self.report.stopped_by = signal.Signals(number)
                self._run.stop(self.report.stopped_by.name)

    async def _interrupt(self) -> None:
        """End the chunk that runs: by failing its operations, and else, or at the second time, by its child's end."""
        run, given = self._run, self._given
        if self._interrupted != given:
            self._interrupted = given
            run.interrupt()
            await trio.sleep(self._grace)
        if self._busy and self._given == given:
            run.stop("Ctrl-C")

    async def _read(self, _: Registry, word: str, shown: str) -> Value:
        self._asked, self._busy = True, False
        chunk = self._next(word, shown)
        if chunk is None:
            return None
        self._given, self._busy = self._given + 1, True
        return {"text": chunk.text, "line": chunk.line}

    def _next(self, word: str, shown: str) -> Chunk | None:
        # All stands still while somebody types, since nothing else is going on then.  In a thread beside the event loop
        # readline would not hear of Ctrl-C.
        try:
            with _signals_raised():
                return self._dialogue.next(word, shown)
        except KeyboardInterrupt:
            self.report.stopped_by = signal.SIGINT
        except _Stopped as exc:
            self.report.stopped_by = exc.signal
        except OSError as exc:
            self._broken = exc
        return None


@contextmanager
def _signals_raised() -> Iterator[None]:
    """Let the signals that end programs end what blocks: KeyboardInterrupt, or _Stopped."""

    def stop(number: int, _: object) -> NoReturn:
        raise _Stopped(number)

    before = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _shown(value: Value) -> str:
    """Return a text for whoever types; bytes that are no UTF-8 stay what they are."""
    content = arguments.content(value)
    return content.decode("utf-8", "surrogateescape") if isinstance(content, bytes) else str(content)
