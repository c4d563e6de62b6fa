"""One run: one script in one child, from start to outcome.

The child's messages drive it.  Every call is done in a task of its own, so that several can be in flight; answers go
out one at a time.  Whatever ends the run, its deadline included, the child is gone when `execute` returns.
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
from regbot.protocol.values import pack, unpack
from regbot.supervisor.children.child import ChildEnded, ChildLimits, take
from regbot.supervisor.children.launcher import LauncherFailed
from regbot.supervisor.operations.table import asks_nobody
from regbot.supervisor.runs.calls import Calls
from regbot.supervisor.runs.metrics import Metrics
from regbot.supervisor.runs.outcome import Outcome, Verdict
from regbot.supervisor.runs.script_log import ScriptLog, decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loguru import Logger

    from regbot.config.model import Script
    from regbot.protocol.values import Value
    from regbot.supervisor.children.child import Child
    from regbot.supervisor.children.launcher import Launcher
    from regbot.supervisor.gate import Gate

LARGE: Final = 1 << 20
"""Bytes of arguments, beyond which no more than one call of a run is done at a time."""
SMALL: Final = 16 << 10
"""Bytes of an answer that is sent without a task of its own."""
NAMED: Final = 40
"""Characters of a script's name that Lua repeats in its errors at least."""
_VERDICTS: Final = {
    Reason.ERROR: Verdict.ERROR,
    Reason.SYNTAX: Verdict.ERROR,
    Reason.MEMORY: Verdict.MEMORY,
    Reason.MESSAGE: Verdict.MESSAGE,
}


class Run:
    """One execution of one script; it is executed once.  *settings* are for the prelude, beside those of every run."""

    def __init__(self, script: Script, gate: Gate, log: Logger, *, settings: Mapping[str, Value] | None = None) -> None:
        self.script = script
        self._settings = settings or {}
        self._said = ScriptLog(log.bind(script=script.name), script.limits.log_bytes)
        self._calls = Calls(gate)
        self._stop = trio.CancelScope()
        self._why_stopped = ""
        self._answering = trio.Lock()
        self._large = trio.Semaphore(1)
        self._outcome: Outcome | None = None
        self._metrics = Metrics()
        self._calls_left = -1 if script.limits.operations is None else script.limits.operations
        """Calls that the run may still make; below zero: any number."""

    async def execute(self, launcher: Launcher) -> Outcome:
        """Run the script to its end; every end is an outcome."""
        try:
            return replace(await self._execute(launcher), metrics=self._metrics.totals)
        finally:
            self._calls.end()

    async def _execute(self, launcher: Launcher) -> Outcome:
        timeout = math.inf if self.script.timeout is None else self.script.timeout
        limits = ChildLimits.of(self.script.limits)
        with self._stop:
            with trio.move_on_after(timeout):
                try:
                    async with launcher.child(limits) as child:
                        return await self._serve(child, limits)
                except LauncherFailed as exc:
                    return self._ended(Verdict.UNSTARTED, f"no child could be locked down: {exc}")
            return self._cut(Verdict.TIMEOUT, f"timeout after {timeout:g}s (limit: timeout)")
        return self._cut(Verdict.INTERRUPTED, f"cut off by {self._why_stopped}")

    def stop(self, why: str) -> None:
        """Kill the run's child; the outcome says *why*."""
        self._why_stopped = why
        self._stop.cancel()

    def interrupt(self) -> None:
        """End the operations in flight, and those that follow until one that only this run has: as cancelled."""
        self._calls.interrupt()

    async def _serve(self, child: Child, limits: ChildLimits) -> Outcome:
        async with trio.open_nursery() as nursery:
            try:
                self._outcome = await self._converse(child, limits, nursery)
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

    async def _converse(self, child: Child, limits: ChildLimits, nursery: trio.Nursery) -> Outcome:
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
        while True:
            match await child.receive():
                case Call() as call:
                    if self._calls_left == 0:
                        return self._too_many(call)
                    self._calls_left -= 1
                    await self._take(child, call, nursery)
                case Cancel(number):
                    self._calls.cancel(number)
                case Log(level, text, fields):
                    self._said.write(level, text, fields)
                case Metric(name, amount):
                    self._metrics.add(name, amount)
                case Done():
                    return Outcome(self.script.name, Verdict.SUCCESS)
                case Failed() as failed:
                    return self._failed(failed)
                case other:
                    raise WireError(f"{type(other).__name__} is no message of a child")

    async def _take(self, child: Child, call: Call, nursery: trio.Nursery) -> None:
        """Begin with a call, without waiting for the child: it may be about to send, for as long as we do not read."""
        if asks_nobody(call.operation):
            await self._answer_at_once(child, call, nursery)
            return
        if len(call.payload) > LARGE:
            # Whatever the child sends meanwhile waits in its socket.  An honest one has no other large call open.
            await self._large.acquire()
        self._calls.begin(call)
        nursery.start_soon(self._answer, child, call, nursery)

    async def _answer_at_once(self, child: Child, call: Call, nursery: trio.Nursery) -> None:
        """Answer a call that asks nobody: a task of its own would take longer than the answer."""
        try:
            message = self._calls.answer(call, await self._calls.ask(call, unpack(call.payload)))
        except Exception as exc:  # noqa: BLE001 -- as below
            self._give_up(call, exc, nursery)
        else:
            if len(message.payload) <= SMALL and child.has_room:
                await child.send(message)
            else:
                nursery.start_soon(child.send, message)

    async def _answer(self, child: Child, call: Call, nursery: trio.Nursery) -> None:
        """Do what a call asks for, and send the answer."""
        try:
            try:
                result = await self._calls.perform(call)
            finally:
                if len(call.payload) > LARGE:
                    self._large.release()
                call = replace(call, payload=b"")
            # Packed only when it is its turn: a child that does not read holds up nothing but its own answers.
            await take(self._answering)
            try:
                await child.send(self._calls.answer(call, result))
            finally:
                self._answering.release()
        except Exception as exc:  # noqa: BLE001 -- a defect of ours ends this run, loudly, and nobody else's
            self._give_up(call, exc, nursery)

    def _give_up(self, call: Call, exc: Exception, nursery: trio.Nursery) -> None:
        self._outcome = self._broken(exc) if isinstance(exc, WireError) else self._defect(call, exc)
        nursery.cancel_scope.cancel()

    def _failed(self, failed: Failed) -> Outcome:
        text = decoded(failed.text)
        if not text.startswith(self.script.name[:NAMED]):
            # error("…", 0) and what a coroutine or a tail call raises have no position.
            text = f"{self.script.name}: {text}"
        verdict = _VERDICTS[failed.reason]
        if verdict is Verdict.MEMORY:
            text = f"{text} (limit: memory of {self.script.limits.memory >> 20} MiB)"
        facts = self._calls.facts(failed.call)
        return Outcome(self.script.name, verdict, text, decoded(failed.traceback), facts)

    def _too_many(self, call: Call) -> Outcome:
        most = self.script.limits.operations
        what = f"{call.operation} would be one more than the {most} operations of a run (limit: operations)"
        return self._ended(Verdict.OPERATIONS, f"{self.script.name}:{call.line}: {what}")

    def _ended_by_itself(self, end: ChildEnded) -> Outcome:
        if end.out_of_time:
            what = f"CPU time of {self.script.limits.cpu}s is used up (limit: cpu)"
            return self._cut(Verdict.CPU, what)
        return self._ended(Verdict.MEMORY if end.out_of_memory else Verdict.CRASHED, str(end))

    def _defect(self, call: Call, exc: Exception) -> Outcome:
        what = f"{call.operation} met a defect of regbot ({type(exc).__name__}): please report it"
        trace = "".join(traceback.format_exception(exc))
        return Outcome(self.script.name, Verdict.DEFECT, f"{self.script.name}:{call.line}: {what}", trace)

    def _broken(self, exc: WireError) -> Outcome:
        return self._ended(Verdict.PROTOCOL, f"the child broke the protocol: {exc}")

    def _ended(self, verdict: Verdict, error: str) -> Outcome:
        return Outcome(self.script.name, verdict, error)

    def _cut(self, verdict: Verdict, why: str) -> Outcome:
        """Return the end of a run that was killed, with what it was at: the operations of its child, or Lua alone."""
        where = f"{self.script.name}:{self._calls.line}" if self._calls.line else self.script.name
        at = f" in {self._calls.doing}" if self._calls.doing else ""
        return self._ended(verdict, f"{where}: {why}{at}")
