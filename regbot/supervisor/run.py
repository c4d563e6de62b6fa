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
from regbot.protocol.frames import MAX_FRAME
from regbot.protocol.messages import Call, Done, Failed, Failure, Log, Metric, Reason, Result, Start
from regbot.protocol.values import pack, unpack
from regbot.supervisor import user_fields
from regbot.supervisor.child import ChildEnded, ChildLimits, take
from regbot.supervisor.launcher import LauncherFailed
from regbot.supervisor.metrics import Metrics
from regbot.supervisor.operations import OperationFailed, asks_nobody, describe
from regbot.supervisor.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from loguru import Logger

    from regbot.config.model import Script
    from regbot.protocol.messages import Message
    from regbot.protocol.values import Value
    from regbot.supervisor.child import Child
    from regbot.supervisor.gate import Gate
    from regbot.supervisor.launcher import Launcher

MAX_ANSWER: Final = MAX_FRAME - 1024
"""Bytes of a result that still fits into a frame."""
LARGE: Final = 1 << 20
"""Bytes of arguments, of which no more than one call of a run is held at a time beyond this."""
NAMED: Final = 40
"""Characters of a script's name that Lua repeats in its errors at least."""
RECORD: Final = 128
"""Bytes that a message costs in the log besides its text: time, level, names."""
_LEVELS: Final = {"trace": "TRACE", "debug": "DEBUG", "info": "INFO", "warn": "WARNING", "error": "ERROR"}
_VERDICTS: Final = {Reason.ERROR: Verdict.ERROR, Reason.SYNTAX: Verdict.ERROR, Reason.MEMORY: Verdict.MEMORY}


class Run:
    """One execution of one script; it is executed once."""

    def __init__(self, script: Script, gate: Gate, log: Logger) -> None:
        self.script = script
        self._gate, self._log = gate, log.bind(script=script.name)
        self._open: dict[int, tuple[int, str]] = {}
        """The calls without an answer: the script's line, and what is being done."""
        self._stop = trio.CancelScope()
        self._why_stopped = ""
        self._answering = trio.Lock()
        self._outcome: Outcome | None = None
        self._log_left = script.log_bytes
        self._metrics = Metrics()

    async def execute(self, launcher: Launcher) -> Outcome:
        """Run the script to its end; every end is an outcome."""
        return replace(await self._execute(launcher), metrics=self._metrics.totals)

    async def _execute(self, launcher: Launcher) -> Outcome:
        timeout = math.inf if self.script.timeout is None else self.script.timeout
        with self._stop:
            with trio.move_on_after(timeout):
                try:
                    async with launcher.child(ChildLimits(memory=self.script.memory)) as child:
                        return await self._serve(child)
                except LauncherFailed as exc:
                    return self._ended(Verdict.UNSTARTED, f"no child could be locked down: {exc}")
            return self._cut(Verdict.TIMEOUT, f"timeout after {timeout:g}s (limit: timeout)")
        return self._cut(Verdict.INTERRUPTED, f"cut off by {self._why_stopped}")

    def stop(self, why: str) -> None:
        """Kill the run's child; the outcome says *why*."""
        self._why_stopped = why
        self._stop.cancel()

    async def _serve(self, child: Child) -> Outcome:
        async with trio.open_nursery() as nursery:
            try:
                self._outcome = await self._converse(child, nursery)
            except WireError as exc:
                self._outcome = self._ended(Verdict.PROTOCOL, f"the child broke the protocol: {exc}")
            except ChildEnded as exc:
                self._outcome = self._ended(Verdict.MEMORY if exc.out_of_memory else Verdict.CRASHED, str(exc))
            finally:
                # Before what operations still have to put in order: nothing more is wanted of the child.
                child.kill()
            nursery.cancel_scope.cancel()
        assert self._outcome is not None, "a task that cancels the conversation leaves an outcome"
        return self._outcome

    async def _converse(self, child: Child, nursery: trio.Nursery) -> Outcome:
        await child.receive()  # Ready: nothing else may come first.
        environment = pack({"seed": secrets.randbits(52), "modules": {}})
        await child.send(Start(self.script.name, self.script.text.encode(), environment))
        while True:
            match await child.receive():
                case Call() as call if asks_nobody(call.operation):
                    # A task of its own would take longer than the answer.
                    await self._answer(child, call, nursery.cancel_scope)
                case Call() as call if len(call.payload) > LARGE:
                    # Whatever the child sends meanwhile waits in its socket.
                    await nursery.start(self._answer, child, call, nursery.cancel_scope)
                case Call() as call:
                    nursery.start_soon(self._answer, child, call, nursery.cancel_scope)
                case Log(level, text, fields):
                    self._write(level, text, fields)
                case Metric(name, amount):
                    self._metrics.add(name, amount)
                case Done():
                    return Outcome(self.script.name, Verdict.SUCCESS)
                case Failed() as failed:
                    return self._failed(failed)
                case other:
                    raise WireError(f"{type(other).__name__} is no message of a child")

    async def _answer(
        self,
        child: Child,
        call: Call,
        conversation: trio.CancelScope,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Do what a call asks for, and send the answer; *task_status* is told when the arguments are held no longer."""
        try:
            try:
                result = await self._perform(call)
            finally:
                call = replace(call, payload=b"")
                task_status.started()
            # Packed only when it is its turn: a child that does not read holds up nothing but its own answers.
            await take(self._answering)
            try:
                await child.send(_packed(call, result))
            finally:
                self._answering.release()
        except WireError as exc:
            self._outcome = self._ended(Verdict.PROTOCOL, f"the child broke the protocol: {exc}")
            conversation.cancel()
        except Exception as exc:  # noqa: BLE001 -- a defect of ours ends this run, loudly, and nobody else's
            self._outcome = self._defect(call, exc)
            conversation.cancel()

    async def _perform(self, call: Call) -> Value | Failure:
        given = unpack(call.payload)
        self._open[call.number] = call.line, describe(call.operation, given)
        result: Value | Failure
        try:
            result = await self._gate.perform(call.operation, given)
        except OperationFailed as exc:
            # The exception itself would hold on to the arguments.
            result = Failure(call.number, pack(exc.payload()))
        # A run that is cut off meanwhile tells what it was at.
        await trio.lowlevel.checkpoint_if_cancelled()
        del self._open[call.number]
        return result

    def _write(self, level: str, text: bytes, fields: bytes) -> None:
        if level not in _LEVELS:
            raise WireError(f"there is no log level {level[:80]!r}")
        if self._log_left < 0:
            return
        self._log_left -= len(text) + len(fields) + RECORD
        if self._log_left < 0:
            self._log.bind(limit="logBytes", bytes=self.script.log_bytes).warning(
                "The rest of this script's log is cut"
            )
            return
        said = self._log.bind(message=text.decode("utf-8", "replace"), **user_fields.read(fields))
        said.log(_LEVELS[level], "User script message")

    def _failed(self, failed: Failed) -> Outcome:
        text = failed.text.decode("utf-8", "replace")
        if not text.startswith(self.script.name[:NAMED]):
            # error("…", 0) and what a coroutine or a tail call raises have no position.
            text = f"{self.script.name}: {text}"
        verdict = _VERDICTS[failed.reason]
        if verdict is Verdict.MEMORY:
            text = f"{text} (limit: memory of {self.script.memory >> 20} MiB)"
        return Outcome(self.script.name, verdict, text, failed.traceback.decode("utf-8", "replace"))

    def _defect(self, call: Call, exc: Exception) -> Outcome:
        trace = "".join(traceback.format_exception(exc))
        name = type(exc).__name__
        return Outcome(
            self.script.name,
            Verdict.DEFECT,
            f"{self.script.name}:{call.line}: {call.operation} met a defect of regbot ({name}): please report it",
            trace,
        )

    def _ended(self, verdict: Verdict, error: str) -> Outcome:
        return Outcome(self.script.name, verdict, error)

    def _cut(self, verdict: Verdict, why: str) -> Outcome:
        """Return the end of a run that was killed, with what it was at: the operations of its child, or Lua alone."""
        lines = [line for line, _ in self._open.values() if line]
        where = f"{self.script.name}:{lines[-1]}: " if lines else f"{self.script.name}: "
        doing = [what for _, what in self._open.values()]
        more = f" and {len(doing) - 3} more" if len(doing) > 3 else ""
        at = f" in {', '.join(doing[:3])}{more}" if doing else ""
        return self._ended(verdict, f"{where}{why}{at}")


def _packed(call: Call, result: Value | Failure) -> Message:
    if isinstance(result, Failure):
        return result
    payload = pack(result)
    if len(payload) > MAX_ANSWER:
        refusal = {"message": f"{call.operation}: the answer has {len(payload)} bytes", "code": "TOO_LARGE"}
        return Failure(call.number, pack(refusal))
    return Result(call.number, payload)
