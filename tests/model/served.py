"""Servers on loopback ports, in threads of their own: with the face of the real one (docker_registry.py)."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Self

import trio

from tests.asking import AGENT, Asking
from tests.model.wire import Connection

if TYPE_CHECKING:
    from tests.model.message import Answerer, Asked, Reply


class Served(Asking):
    """A server that listens from `with` on; its `host` is then "127.0.0.1:PORT"."""

    def __init__(self, answerer: Answerer) -> None:
        super().__init__()
        self._answerer = answerer
        self._asked: list[tuple[str, str, int]] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=trio.run, args=(self._serve,))
        self._stop: trio.CancelScope | None = None
        self._token: trio.lowlevel.TrioToken | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._token is not None
        assert self._stop is not None
        self._token.run_sync_soon(self._stop.cancel)
        self._thread.join()

    def requests(self) -> list[tuple[str, str, int]]:
        """Return method, path with query, and status of every request so far that was not one of the tests' own."""
        return list(self._asked)

    async def _serve(self) -> None:
        async with trio.open_nursery() as nursery:
            self._stop, self._token = nursery.cancel_scope, trio.lowlevel.current_trio_token()
            serve = partial(trio.serve_tcp, self._connected, 0, host="127.0.0.1")
            listeners = await nursery.start(serve)
            self.host = f"127.0.0.1:{listeners[0].socket.getsockname()[1]}"
            self._ready.set()

    async def _connected(self, stream: trio.SocketStream) -> None:
        await Connection(stream, self._answer).serve()

    async def _answer(self, asked: Asked) -> Reply:
        reply = await self._answerer(asked)
        if asked.headers.get("user-agent") != AGENT:
            self._asked.append((asked.method, asked.target, reply.status))
        return reply
