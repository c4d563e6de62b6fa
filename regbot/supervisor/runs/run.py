"""One run: one script in one child, from start to outcome.

The child's messages drive it; what it calls for is done beside (answers.py).  Whatever ends the run, its deadline
included, the child is gone when `execute` returns.
"""

from __future__ import annotations

import math
import secrets
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import trio

from regbot.protocol.errors import WireError
from regbot.protocol.messages import Call, Cancel, Done, Failed, Log, Metric, Reason, Start
from regbot.protocol.values import pack
from regbot.supervisor.audit.trail import CURRENT, Trail
from regbot.supervisor.children.child import PATIENCE, ChildEnded, ChildLimits
from regbot.supervisor.children.launcher import LauncherFailed
from regbot.supervisor.runs.answers import Answers
from regbot.supervisor.runs.calls import LARGE, Calls
from regbot.supervisor.runs.metrics import Metrics
from regbot.supervisor.runs.outcome import Outcome, Verdict
from regbot.supervisor.runs.script_log import ScriptLog, decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loguru import Logger

    from regbot.config.model import Script
    from regbot.protocol.messages import Message
    from regbot.protocol.values import Value
    from regbot.supervisor.children.child import Child
    from regbot.supervisor.children.launcher import Launcher
    from regbot.supervisor.gate import Gate

NAMED: Final = 40
"""Characters of a script's name that Lua repeats in its errors at least."""
_VERDICTS: Final = {
    Reason.ERROR: Verdict.ERROR,
    Reason.SYNTAX: Verdict.ERROR,
    Reason.MEMORY: Verdict.MEMORY,
    Reason.MESSAGE: Verdict.MESSAGE,
}


class Run:
    """One execution of one script; it is executed once.

    What it does is noted in *trail*.  *settings* are for the prelude, beside those of every run; *patience* is what a
    child has that has to go on.
    """

    def __init__(  # noqa: PLR0913 -- what is run, with what, and who is told
        self,
        script: Script,
        gate: Gate,
        log: Logger,
        trail: Trail | None = None,
        *,
        settings: Mapping[str, Value] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.script, self.trail = script, trail or Trail()
        self._settings = settings or {}
        self._said = ScriptLog(log.bind(script=script.name), script.limits.log_bytes)
        self._calls = Calls(gate, script.limits.message_bytes, self.trail)
        self._patience = patience
        self._stop = self._over = trio.CancelScope()
        self._stopped = Verdict.INTERRUPTED, ""
        self._outcome: Outcome | None = None
        self._metrics = Metrics()
        self._calls_left = -1 if script.limits.operations is None else script.limits.operations
        """Calls that the run may still make; below zero: any number."""

    async def execute(self, launcher: Launcher) -> Outcome:
        """Run the script to its end; every end is an outcome."""
        before = CURRENT.set(self.trail)
        try:
            return replace(await self._execute(launcher), metrics=self._metrics.totals)
        finally:
            CURRENT.reset(before)
            self._calls.end()

    @property
    def doing(self) -> str:
        """What is in flight just now, "" if nothing is: the script itself runs."""
        return self._calls.doing

    async def _execute(self, launcher: Launcher) -> Outcome:
        timeout = math.inf if self.script.timeout is None else self.script.timeout
        limits = ChildLimits.of(self.script.limits, patience=self._patience)
        with self._stop:
            with trio.move_on_after(timeout):
                try:
                    async with launcher.child(limits) as child:
                        return await self._serve(child, limits)
                except LauncherFailed as exc:
                    return self._ended(Verdict.UNSTARTED, f"no child could be locked down: {exc}")
                except Exception as exc:  # noqa: BLE001 -- whatever it is: it ends this run, and no other
                    return self._defect("the run itself", self._calls.line, exc)
            return self._cut(Verdict.TIMEOUT, f"timeout after {timeout:g}s (limit: timeout)")
        verdict, why = self._stopped
        return self._cut(verdict, f"cut off by {why}")

    def stop(self, why: str, verdict: Verdict = Verdict.INTERRUPTED) -> None:
        """Kill the run's child; the outcome is *verdict* and says *why*: the first ones, if it is told so again."""
        if not self._stop.cancel_called:
            self._stopped = verdict, why
        self._stop.cancel()

    def interrupt(self) -> None:
        """End the operations in flight, and those that follow until one that only this run has: as cancelled."""
        self._calls.interrupt()

    async def _serve(self, child: Child, limits: ChildLimits) -> Outcome:
        async with trio.open_nursery() as nursery:
            self._over = nursery.cancel_scope
            try:
                await self._converse(child, limits, Answers(child, self._calls, nursery, self._give_up))
            except WireError as exc:
                self._outcome = self._broken(exc)
            except ChildEnded as exc:
                self._outcome = self._ended_by_itself(exc)
            finally:
                # Before what operations still have to put in order: nothing more is wanted of the child.
                child.kill()
            nursery.cancel_scope.cancel()
        assert self._outcome is not None, "a task that cancels the conversation leaves an outcome"
        return self._outcome

    async def _converse(self, child: Child, limits: ChildLimits, answers: Answers) -> None:
        await child.receive()  # Ready: nothing else may come first.
        settings = {
            "seed": secrets.randbits(52),
            "inFlight": limits.in_flight,
            "large": LARGE,
            "logBytes": self.script.limits.log_bytes,
            "messageBytes": limits.message,
            **self._settings,
        }
        await child.send(Start(self.script.name, self.script.text.encode(), pack(settings)))
        while self._outcome is None:
            # No name here holds on to a message while the next is waited for.
            await self._take(await child.receive(), answers)

    async def _take(self, message: Message, answers: Answers) -> None:
        match message:
            case Call() if self._calls_left == 0:
                self._outcome = self._too_many(message)
            case Call():
                self._calls_left -= 1
                self._metrics.called()
                await answers.begin(message)
            case Cancel(number):
                self._calls.cancel(number)
            case Log(level, text, fields):
                self._said.write(level, text, fields)
            case Metric(name, amount):
                self._metrics.add(name, amount)
            case Done():
                self._outcome = Outcome(self.script.name, Verdict.SUCCESS)
            case Failed():
                self._outcome = self._failed(message)
            case other:
                raise WireError(f"{type(other).__name__} is no message of a child")

    def _give_up(self, operation: str, line: int, exc: Exception) -> None:
        self._outcome = self._broken(exc) if isinstance(exc, WireError) else self._defect(operation, line, exc)
        self._over.cancel()

    def _failed(self, failed: Failed) -> Outcome:
        text = decoded(failed.text)
        if not text.startswith(self.script.name[:NAMED]):
            # error("…", 0) and what a coroutine or a tail call raises have no position.
            text = f"{self.script.name}: {text}"
        verdict = _VERDICTS[failed.reason]
        if verdict is Verdict.MEMORY:
            text = f"{text} ({self._memory_limit})"
        facts = self._calls.facts(failed.call)
        return Outcome(self.script.name, verdict, text, decoded(failed.traceback), facts)

    def _too_many(self, call: Call) -> Outcome:
        most = self.script.limits.operations
        what = f"{call.operation} would be one more than the {most} operations of a run (limit: operations)"
        return self._ended(Verdict.OPERATIONS, f"{self._place(call.line)}: {what}")

    def _ended_by_itself(self, end: ChildEnded) -> Outcome:
        if end.out_of_time:
            what = f"CPU time of {self.script.limits.cpu}s is used up (limit: cpu)"
            return self._cut(Verdict.CPU, what)
        if end.out_of_memory:
            return self._ended(Verdict.MEMORY, f"{end} ({self._memory_limit})")
        return self._ended(Verdict.CRASHED, str(end))

    def _defect(self, operation: str, line: int, exc: Exception) -> Outcome:
        what = f"{operation} met a defect of regbot ({type(exc).__name__}): please report it"
        trace = "".join(traceback.format_exception(exc))
        return Outcome(self.script.name, Verdict.DEFECT, f"{self._place(line)}: {what}", trace)

    def _broken(self, exc: WireError) -> Outcome:
        return self._ended(Verdict.PROTOCOL, f"the child broke the protocol: {exc}")

    def _ended(self, verdict: Verdict, error: str) -> Outcome:
        return Outcome(self.script.name, verdict, error)

    def _cut(self, verdict: Verdict, why: str) -> Outcome:
        """Return the end of a run that was killed, with what it was at: the operations of its child, or Lua alone."""
        at = f" in {self._calls.doing}" if self._calls.doing else ""
        return self._ended(verdict, f"{self._place(self._calls.line)}: {why}{at}")

    def _place(self, line: int) -> str:
        """Return the script with a line of it, where one is known."""
        return f"{self.script.name}:{line}" if line else self.script.name

    @property
    def _memory_limit(self) -> str:
        size = self.script.limits.memory
        return f"limit: memory of {size >> 20} MiB" if size % (1 << 20) == 0 else f"limit: memory of {size} bytes"
