"""HTTP/1.1 over any stream of trio's, by h11."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import h11
import trio

from tests.model.message import Asked, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.model.message import Answerer

MAX_UNREAD: Final = 1 << 20
"""Bytes of a request's body that are read though nobody wanted them; what is longer ends the connection."""
_PIECE: Final = 64 << 10


class Connection:
    """One connection of a client to *answerer*, until either side ends it."""

    def __init__(self, stream: trio.abc.Stream, answerer: Answerer) -> None:
        self._stream, self._answerer = stream, answerer
        self._http = h11.Connection(h11.SERVER)

    @property
    def idle(self) -> bool:
        """Whether a request is awaited, and none has begun."""
        return self._http.our_state is h11.IDLE and self._http.their_state is h11.IDLE

    async def serve(self) -> None:
        """Answer request after request.  What the client does wrong, or that it goes away, ends the connection."""
        async with self._stream:
            try:
                while await self._exchange():
                    self._http.start_next_cycle()
            except (trio.BrokenResourceError, trio.ClosedResourceError, h11.RemoteProtocolError):
                return

    async def _exchange(self) -> bool:
        """Answer one request; False if the connection is at its end."""
        request = await self._event()
        if not isinstance(request, h11.Request):
            return False
        headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
        asked = Asked(
            request.method.decode(), headers.get("host", ""), request.target.decode(), headers, _Received(self._event)
        )
        reply = await self._answerer(asked)
        await self._drain(asked)
        head, body = self._write(reply, asked.method)
        if reply.manner is not None and not await reply.manner(self._stream, head, body):
            return False
        if reply.manner is None:
            await self._stream.send_all(head + body)
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _event(self) -> object:
        while True:
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[], reason="Continue")
                await self._stream.send_all(self._http.send(go_on) or b"")
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._http.receive_data(bytes(await self._stream.receive_some(_PIECE)))

    async def _drain(self, asked: Asked) -> None:
        """Read what is left of a request, so that the next one can be found behind it."""
        size = 0
        async for piece in asked.body:
            size += len(piece)
            if size > MAX_UNREAD:
                return

    def _write(self, reply: Reply, method: str) -> tuple[bytes, bytes]:
        """Return head and body as they go over the wire."""
        bare = method == "HEAD" or reply.status in {204, 304}
        length = {} if reply.status in {204, 304} else {"Content-Length": str(len(reply.body))}
        phrase = HTTPStatus(reply.status).phrase
        headers = list({**length, **reply.headers}.items())
        head = self._http.send(h11.Response(status_code=reply.status, headers=headers, reason=phrase))
        body = b"" if bare else self._http.send(h11.Data(data=reply.body)) or b""
        self._http.send(h11.EndOfMessage())
        return head or b"", body


class _Received:
    """The body of a request, as it comes."""

    def __init__(self, event: Callable[[], Awaitable[object]]) -> None:
        self._event = event
        self._ended = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._ended:
            event = await self._event()
            if isinstance(event, h11.Data):
                return bytes(event.data)
            self._ended = True
        raise StopAsyncIteration
