"""The answers of one run: each call is done in a task of its own, and the answers go out one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from regbot.supervisor.children.child import take
from regbot.supervisor.operations.table import answers_at_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.protocol.messages import Call, Failure, Result
    from regbot.supervisor.children.child import Child
    from regbot.supervisor.runs.calls import Calls

SMALL: Final = 16 << 10
"""Bytes of an answer that is sent without a task of its own."""


class Answers:
    """Has calls done, and sends what comes of them to the child.

    *give_up* is told of an operation, with its line, that met an error which ends the run.
    """

    def __init__(
        self, child: Child, calls: Calls, nursery: trio.Nursery, give_up: Callable[[str, int, Exception], None]
    ) -> None:
        self._child, self._calls, self._nursery, self._give_up = child, calls, nursery, give_up
        self._sending = trio.Lock()

    async def begin(self, call: Call) -> None:
        """Begin with a call, without waiting for the child: it may be about to send, for as long as we do not read.

        WireError if no honest child would have asked.
        """
        if answers_at_once(call.operation):
            await self._at_once(call)
            return
        self._calls.begin(call)
        self._nursery.start_soon(self._do, call.number, call.operation, call.line)

    async def _at_once(self, call: Call) -> None:
        """Answer a call that asks nobody: a task of its own would take longer than the answer."""
        try:
            answer = await self._calls.answer(call)
        except Exception as exc:  # noqa: BLE001 -- as below
            self._give_up(call.operation, call.line, exc)
            return
        if len(answer.payload) <= SMALL and self._child.has_room:
            await self._child.send(answer)
        else:
            self._nursery.start_soon(self._send, answer, call.operation, call.line)

    async def _do(self, number: int, operation: str, line: int) -> None:
        try:
            answer = await self._calls.perform(number)
        except Exception as exc:  # noqa: BLE001 -- a defect of ours ends this run, loudly, and nobody else's
            self._give_up(operation, line, exc)
            return
        await self._send(answer, operation, line)
        self._calls.sent(number)

    async def _send(self, answer: Result | Failure, operation: str, line: int) -> None:
        try:
            # A child that does not read holds up nothing but its own answers.
            await take(self._sending)
            try:
                await self._child.send(answer)
            finally:
                self._sending.release()
        except Exception as exc:  # noqa: BLE001 -- as above
            self._give_up(operation, line, exc)
