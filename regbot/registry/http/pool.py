"""The connections that requests go over: any number at a time, and those that are idle are used again.

httpcore has a pool, too.  It goes through all connections and all requests twice for each request, since it may have
to let them wait for each other; here a throttle has done so before.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import trio

from regbot.registry.http.network import Answer

if TYPE_CHECKING:
    import httpcore

MAX_IDLE: Final = 100
"""Connections that are kept; a registry may lead to any number of places."""


class Pool:
    """Connections that *maker* makes, which knows whether there is a proxy on the way."""

    def __init__(self, maker: httpcore.AsyncConnectionPool) -> None:
        self._maker = maker
        self._idle: list[httpcore.AsyncConnectionInterface] = []
        """The one that was used last comes last."""

    async def ask(self, request: httpcore.Request) -> Answer:
        """Send a request; its connection is used again once the answer was read to its end and closed."""
        connection = await self._connection(request.url.origin)
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await _close(connection)
            raise
        return Answer(response, request.extensions["timeout"]["read"], partial(self._take_back, connection))

    async def aclose(self) -> None:
        """Close every connection that is idle."""
        while self._idle:
            await _close(self._idle.pop())

    async def _connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        """Return a connection that nobody else has."""
        # There may be some to places that nobody asks for any more.
        while len(self._idle) > MAX_IDLE or (len(self._idle) > 1 and self._idle[0].has_expired()):
            await _close(self._idle.pop(0))
        while (found := self._pop(origin)) is not None:
            if not found.has_expired():
                return found
            await _close(found)
        return self._maker.create_connection(origin)

    def _pop(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface | None:
        found = next((each for each in reversed(self._idle) if each.can_handle_request(origin)), None)
        if found is not None:
            self._idle.remove(found)
        return found

    def _take_back(self, connection: httpcore.AsyncConnectionInterface) -> None:
        if connection.is_idle():
            self._idle.append(connection)


async def _close(connection: httpcore.AsyncConnectionInterface) -> None:
    with trio.CancelScope(shield=True):
        await connection.aclose()
