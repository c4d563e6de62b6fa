"""A request's body: small, soon there, and read to its end whatever the answer is.

hypercorn keeps what an application does not read; with a queue that is full it waits, for ever, before it closes the
connection.  So somebody reads until the answer is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from regbot.web.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive

MAX_BODY: Final = 64 << 10
BODY_TIME: Final = 10.0
"""Seconds in which a body comes."""
_CLOSE: Final = {"Connection": "close"}


async def answered(receive: Receive, answer: Callable[[Body], Awaitable[None]]) -> None:
    """Have a request answered by *answer*, which finds its body, or why there is none, in what it is given."""
    body = Body(receive)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(body.read)
        await answer(body)
        nursery.cancel_scope.cancel()


class Body:
    """The body of a request, read beside its answer; it also knows when the client is gone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._pieces: list[bytes] = []
        self._size = 0
        self._whole, self._gone = trio.Event(), trio.Event()

    async def read(self) -> None:
        """Read until the client is gone; keep what may be kept."""
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                break
            self._keep(message.get("body", b""))
            if not message.get("more_body", False):
                self._whole.set()
        self._whole.set()
        self._gone.set()

    async def content(self) -> bytes:
        """Return the body; Problem if it is too large or too slow."""
        with trio.move_on_after(BODY_TIME) as waiting:
            await self._whole.wait()
        if waiting.cancelled_caught:
            raise Problem(408, f"the body did not come within {BODY_TIME:g} seconds", headers=_CLOSE)
        if self._size > MAX_BODY:
            raise Problem(413, f"the body should have {MAX_BODY} bytes or less", headers=_CLOSE)
        return b"".join(self._pieces)

    async def disconnected(self) -> Message:
        """Wait until the client is gone, as ASGI's `receive` says it."""
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= MAX_BODY:
            self._pieces.append(piece)
        else:
            self._pieces.clear()
            self._whole.set()
