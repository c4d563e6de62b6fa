"""The calls of one run: each is done through the gate, can be cancelled, and is remembered if it failed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self, cast

import trio

from regbot.protocol.errors import WireError
from regbot.protocol.frames import MAX_FRAME
from regbot.protocol.messages import Failure, Result
from regbot.protocol.values import pack
from regbot.supervisor.audit.trail import Step, Trail
from regbot.supervisor.audit.words import shortened
from regbot.supervisor.operations.table import OperationFailed, describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.protocol.messages import Call
    from regbot.protocol.values import Value
    from regbot.supervisor.gate import Gate

LARGE: Final = 1 << 20
"""Bytes of arguments, beyond which no more than one call of a run may be in flight."""
MAX_KEEPING: Final = 16
"""Operations of a run that may hold megabytes at a time, each from its start until its answer was sent."""
HEAD: Final = 32
"""Bytes of a frame with an answer, besides its payload."""
MAX_KEPT: Final = 128
"""Failures of a run that are remembered, the latest."""
MAX_NAMED: Final = 3
"""Operations in flight that are named."""
CUT_OFF: Final = "cut off"
"""What became of an operation whose run ended before it did."""


@dataclass(slots=True)
class _Doing:
    """A call without an answer, and *what* is being done, for whoever asks; its *payload* is there until it is read."""

    number: int
    operation: str
    line: int
    payload: bytes
    what: str = ""
    error: str = ""
    """What it failed with."""
    large: bool = False
    keeping: bool = False
    """Whether it is one of those that may hold megabytes."""
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)

    @classmethod
    def of(cls, call: Call) -> Self:
        """Return what a call asks for."""
        large = len(call.payload) > LARGE
        return cls(call.number, call.operation, call.line, call.payload, call.operation, large=large)


class Calls:
    """What one child called for, each in the *trail* when it is over.  An answer has *most* bytes at most."""

    def __init__(self, gate: Gate, most: int = MAX_FRAME, trail: Trail | None = None) -> None:
        self._gate, self._most, self._trail = gate, most, trail or Trail()
        self._open: dict[int, _Doing] = {}
        self._keeping = trio.Semaphore(MAX_KEEPING)
        self._interrupted = False
        self._failed: OrderedDict[int, Mapping[str, str | int]] = OrderedDict()

    def begin(self, call: Call) -> None:
        """Take note of a call that will be performed; from now on it can be cancelled.

        WireError if there is no such operation, or if it is one more with large arguments than an honest child sends.
        """
        self._gate.find(call.operation)
        doing = _Doing.of(call)
        if doing.large and any(other.large for other in self._open.values()):
            raise WireError(f"call {call.number} is a second one with more than {LARGE} bytes of arguments")
        self._open[call.number] = doing
        self._gate.crowd(len(self._open))
        if call.operation in self._gate.own:
            self._interrupted = False
        elif self._interrupted:
            doing.scope.cancel()

    async def perform(self, number: int) -> Result | Failure:
        """Do what a call asks for that was begun, and return its answer; WireError if no honest child would have asked.

        It is in flight, and has its part of the bounds, until `sent`.
        """
        return await self._answer(self._open[number])

    async def answer(self, call: Call) -> Result | Failure:
        """Do what a call asks for, without its being one of those in flight; WireError as in `perform`."""
        return await self._answer(_Doing.of(call))

    def sent(self, number: int) -> None:
        """Take note that the answer to a call was sent."""
        doing = self._open.pop(number)
        if doing.keeping:
            self._keeping.release()
        self._gate.crowd(len(self._open))

    def cancel(self, number: int) -> None:
        """End the operation of a call; one that was answered, or will be in a moment, stays as it is."""
        doing = self._open.get(number)
        if doing is not None:
            doing.scope.cancel()

    def interrupt(self) -> None:
        """End all operations, also those that are called for from now on until one of the run's own."""
        self._interrupted = True
        for doing in self._open.values():
            doing.scope.cancel()

    def end(self) -> None:
        """Take note of the end of the run, whatever is still open."""
        self._gate.crowd(0)

    def facts(self, number: int) -> Mapping[str, str | int]:
        """Return what is known of the failure of a call, besides its text: nothing if it did not fail, or long ago."""
        return self._failed.get(number, {})

    @property
    def line(self) -> int:
        """The script's line of the latest call in flight that has one, else 0."""
        return next((doing.line for doing in reversed(self._open.values()) if doing.line), 0)

    @property
    def doing(self) -> str:
        """What is in flight, "" if nothing is."""
        named = [doing.what for doing in self._open.values()]
        more = f" and {len(named) - MAX_NAMED} more" if len(named) > MAX_NAMED else ""
        return ", ".join(named[:MAX_NAMED]) + more

    async def _answer(self, doing: _Doing) -> Result | Failure:
        started, begun = datetime.now(UTC), trio.current_time()
        try:
            answer = await self._do(doing)
        except BaseException as exc:
            doing.error = CUT_OFF if isinstance(exc, trio.Cancelled) else f"ended its run: {type(exc).__name__}"
            raise
        finally:
            took = trio.current_time() - begun
            self._trail.did(Step(started=started, took=took, operation=doing.what, line=doing.line, error=doing.error))
        return answer

    async def _do(self, doing: _Doing) -> Result | Failure:
        size = len(doing.payload)
        try:
            given = self._gate.unpack(doing.operation, doing.payload)
            doing.payload, doing.what = b"", describe(doing.operation, given)
            with doing.scope:
                await self._turn(doing)
                # Packed at once: what does not fit is not kept until it is its turn to be sent.
                return self._result(doing, pack(await self._gate.perform(doing.operation, given, size=size)))
        except OperationFailed as exc:
            # The exception itself would hold on to the arguments.
            return self._failure(doing, exc.payload())
        # A run that is cut off meanwhile tells what it was at.
        await trio.lowlevel.checkpoint_if_cancelled()
        return self._failure(doing, {"message": f"{doing.what}: cancelled", "code": "CANCELLED"})

    async def _turn(self, doing: _Doing) -> None:
        # It may have been cancelled already.
        await trio.lowlevel.checkpoint_if_cancelled()
        if doing.number in self._open and self._gate.find(doing.operation).keeps_content:
            await self._keeping.acquire()
            doing.keeping = True

    def _result(self, doing: _Doing, payload: bytes) -> Result | Failure:
        if len(payload) + HEAD <= self._most:
            return Result(doing.number, payload)
        what = f"the answer has {len(payload)} bytes, of at most {self._most} (limit: messageBytes)"
        return self._failure(doing, {"message": f"{doing.operation}: {what}", "code": "TOO_LARGE"})

    def _failure(self, doing: _Doing, described: Mapping[str, Value]) -> Failure:
        facts = {"operation": doing.operation, "line": doing.line, **described}
        # The text is in the script's error already.
        doing.error = shortened(str(facts.pop("message")))
        self._failed[doing.number] = cast("Mapping[str, str | int]", {key: each for key, each in facts.items() if each})
        if len(self._failed) > MAX_KEPT:
            self._failed.popitem(last=False)
        return Failure(doing.number, pack(described))
