"""One connection of a client: bytes to and from hypercorn's HTTP/1.1, and how long each side may take.

hypercorn's own server is not used because a client that stops reading keeps it from ending (what it sends is shielded),
and because it offers HTTP/2 without TLS to anybody: a hundred streams where we counted one connection.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import trio
from hypercorn.events import Closed, RawData, Updated
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.trio.task_group import TaskGroup
from hypercorn.typing import ConnectionState
from hypercorn.utils import parse_socket_addr

if TYPE_CHECKING:
    from collections.abc import Callable

    import h11
    from hypercorn.config import Config
    from hypercorn.events import Event
    from hypercorn.trio.worker_context import WorkerContext
    from hypercorn.typing import AppWrapper

_PIECE: Final = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What a client has time for, in seconds."""

    first: float = 10.0
    """The line and headers of its first request."""
    idle: float = 30.0
    """From an answer to the headers of the next request."""
    take: float = 20.0
    """Taking a piece of an answer."""
    leave: float = 1.0
    """Leaving when all is said: were we to close at once, its system would drop what we said last."""


USUAL: Final = Patience()


@dataclass(frozen=True, slots=True)
class Terms:
    """What all connections of a server have in common."""

    app: AppWrapper
    config: Config
    context: WorkerContext
    patience: Patience = USUAL


class _Http1(H11Protocol):
    """HTTP/1.1, and nothing else that it could be upgraded to."""

    async def _check_protocol(self, event: h11.Request) -> None:
        """Leave it."""


class Connection:
    """One client; *told* hears whether it is idle: nothing of it is being answered."""

    def __init__(self, terms: Terms, stream: trio.SocketStream, told: Callable[[Connection, bool], object]) -> None:
        self._terms, self._stream, self._told = terms, stream, told
        self._sending = trio.Lock()
        self._reading = trio.CancelScope()
        self._until = trio.current_time() + terms.patience.first
        """When the client must have said something."""
        self._said = False
        """Whether all is said that this client will hear."""

    async def serve(self) -> None:
        """Answer this client until it is gone."""
        try:
            async with TaskGroup() as group:
                self._http = self._speak(group, self._stream.socket)
                await self._read()
                await self._http.handle(Closed())
        except* OSError:
            pass  # It was gone before we knew who it is.
        finally:
            self.abort()

    def abort(self) -> None:
        """End the connection at once."""
        self._stream.socket.close()

    def _speak(self, group: TaskGroup, socket: trio.socket.SocketType) -> _Http1:
        return _Http1(
            self._terms.app,
            self._terms.config,
            self._terms.context,
            group,
            ConnectionState({}),
            ssl=False,
            client=parse_socket_addr(socket.family, socket.getpeername()),
            server=parse_socket_addr(socket.family, socket.getsockname()),
            send=self._send,
        )

    async def _read(self) -> None:
        while True:
            data = b""
            with trio.CancelScope(deadline=self._until) as self._reading:
                try:
                    data = bytes(await self._stream.receive_some(_PIECE))
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    return
            if self._said:
                if not data:
                    return
                continue
            if self._reading.cancelled_caught:
                return
            await self._http.handle(RawData(data))
            if not data:
                return

    async def _send(self, event: Event) -> None:
        match event:
            case RawData(data=data):
                await self._send_bytes(data)
            case Updated(idle=idle):
                self._allow(self._terms.patience.idle if idle else float("inf"))
                self._told(self, idle)
            case _:
                await self._say_no_more()

    async def _send_bytes(self, data: bytes) -> None:
        try:
            with trio.fail_after(self._terms.patience.take):
                async with self._sending:
                    await self._stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError):
            self.abort()
            await self._http.handle(Closed())

    async def _say_no_more(self) -> None:
        # It may be gone already.
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await self._stream.send_eof()
        self._said = True
        self._allow(self._terms.patience.leave)
        await self._http.handle(Closed())

    def _allow(self, seconds: float) -> None:
        self._until = self._reading.deadline = trio.current_time() + seconds
