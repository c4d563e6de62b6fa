"""hypercorn as we use it: our bounds, our headers, our log."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

import trio
from hypercorn.config import Config
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.utils import wrap_app

from regbot.web.connection import USUAL, Connection, Terms
from regbot.web.headers import STRICT

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence

    from hypercorn.typing import ASGIFramework
    from loguru import Logger
    from starlette.types import ASGIApp

    from regbot.supervisor.server.telemetry import Telemetry
    from regbot.web.connection import Patience

MAX_CONNECTIONS: Final = 200
MAX_HEADERS: Final = 16 << 10
"""Bytes of a request's line and headers."""


class Engine:
    """Accepts connections, *most* at a time, and answers what they ask by an ASGI application."""

    def __init__(
        self,
        app: ASGIApp,
        telemetry: Telemetry,
        log: Logger,
        *,
        most: int = MAX_CONNECTIONS,
        patience: Patience = USUAL,
    ) -> None:
        self._telemetry, self._log, self._most = telemetry, log, most
        config = _Config()
        config.h11_max_incomplete_size = MAX_HEADERS
        config.accesslog = config.errorlog = None
        # Starlette and hypercorn write the same protocol down in types of their own.
        wrapped = wrap_app(cast("ASGIFramework", app), 0, "asgi")
        self._terms = Terms(wrapped, config, WorkerContext(None), patience)
        self._connections = 0
        self._idle: dict[Connection, None] = {}
        """Those of which nothing is being answered, in the order in which they came to that."""

    async def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Accept and answer until cancelled."""
        listeners = [trio.SocketListener(trio.socket.from_stdlib_socket(each)) for each in sockets]
        await trio.serve_listeners(self._serve_one, listeners)

    async def _serve_one(self, stream: trio.SocketStream) -> None:
        if self._connections >= self._most and not self._make_room():
            self._telemetry.refused("busy")
            stream.socket.close()
            return
        connection = Connection(self._terms, stream, self._told)
        with self._counted(connection):
            try:
                await connection.serve()
            except Exception as exc:  # noqa: BLE001  # pragma: no cover -- no client is known to bring one about
                # Whatever it was, the others are served.
                said = "".join(traceback.format_exception(exc))
                self._log.bind(traceback=said).error("A connection failed: this is a bug of regbot")

    @contextmanager
    def _counted(self, connection: Connection) -> Iterator[None]:
        self._connections += 1
        self._idle[connection] = None
        try:
            yield
        finally:
            self._connections -= 1
            self._idle.pop(connection, None)

    def _told(self, connection: Connection, idle: bool) -> None:  # noqa: FBT001 -- what a connection tells
        self._idle.pop(connection, None)
        if idle:
            self._idle[connection] = None

    def _make_room(self) -> bool:
        """End the connection that has been idle for the longest time; False if there is none."""
        # Whoever opens connections and says nothing shuts nobody out but himself.
        if not self._idle:
            return False
        oldest = next(iter(self._idle))
        del self._idle[oldest]
        oldest.abort()
        return True


class _Config(Config):
    """hypercorn's configuration; it loads no file and opens no log."""

    def response_headers(self, protocol: str) -> list[tuple[bytes, bytes]]:
        """Return the headers of every answer, also of those that hypercorn gives itself."""
        date = [(name, value) for name, value in super().response_headers(protocol) if name == b"date"]
        return date + list(STRICT)
