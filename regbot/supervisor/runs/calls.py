"""The calls of one run: each is done through the gate, can be cancelled, and is remembered if it failed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

import trio

from regbot.protocol.frames import MAX_FRAME
from regbot.protocol.messages import Failure, Result
from regbot.protocol.values import pack, unpack
from regbot.supervisor.operations.table import OperationFailed, describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.protocol.messages import Call
    from regbot.protocol.values import Value
    from regbot.supervisor.gate import Gate

MAX_ANSWER: Final = MAX_FRAME - 1024
"""Bytes of a result that still fits into a frame."""
MAX_KEPT: Final = 128
"""Failures of a run that are remembered, the latest."""
MAX_NAMED: Final = 3
"""Operations in flight that are named."""


@dataclass(slots=True)
class _Doing:
    """A call without an answer: the script's line, what is being done, and what ends it."""

    line: int
    what: str
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)


class Calls:
    """What one child called for."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._open: dict[int, _Doing] = {}
        self._interrupted = False
        self._failed: OrderedDict[int, Mapping[str, str | int]] = OrderedDict()

    def begin(self, call: Call) -> None:
        """Take note of a call that will be performed; from now on it can be cancelled."""
        doing = self._open[call.number] = _Doing(call.line, call.operation)
        self._gate.crowd(len(self._open))
        if call.operation in self._gate.own:
            self._interrupted = False
        elif self._interrupted:
            doing.scope.cancel()

    async def perform(self, call: Call) -> Value | Failure:
        """Do what a call asks for that was begun; WireError if no honest child would have asked."""
        given = unpack(call.payload)
        doing = self._open[call.number]
        doing.what = describe(call.operation, given)
        result: Value | Failure = None
        with doing.scope:
            # It may have been cancelled before its turn came.
            await trio.lowlevel.checkpoint_if_cancelled()
            result = await self.ask(call, given)
        if doing.scope.cancelled_caught:
            result = self._failure(call, {"message": f"{doing.what}: cancelled", "code": "CANCELLED"})
        # A run that is cut off meanwhile tells what it was at.
        await trio.lowlevel.checkpoint_if_cancelled()
        del self._open[call.number]
        self._gate.crowd(len(self._open))
        return result

    async def ask(self, call: Call, given: Value) -> Value | Failure:
        """Do what a call asks for with the arguments *given*, without its being one of the calls in flight."""
        try:
            return await self._gate.perform(call.operation, given)
        except OperationFailed as exc:
            # The exception itself would hold on to the arguments.
            return self._failure(call, exc.payload())

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

    def answer(self, call: Call, result: Value | Failure) -> Result | Failure:
        """Return the message with a call's result."""
        if isinstance(result, Failure):
            return result
        payload = pack(result)
        if len(payload) > MAX_ANSWER:
            message = f"{call.operation}: the answer has {len(payload)} bytes"
            return self._failure(call, {"message": message, "code": "TOO_LARGE"})
        return Result(call.number, payload)

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

    def _failure(self, call: Call, described: Mapping[str, Value]) -> Failure:
        facts = {"operation": call.operation, "line": call.line, **described}
        # The text is in the script's error already.
        del facts["message"]
        self._failed[call.number] = cast("Mapping[str, str | int]", {key: each for key, each in facts.items() if each})
        if len(self._failed) > MAX_KEPT:
            self._failed.popitem(last=False)
        return Failure(call.number, pack(described))
