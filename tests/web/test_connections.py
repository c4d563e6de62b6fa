"""Connections of clients that are slow, silent, many, or gone; the application is the tests' own."""

from __future__ import annotations

import io
import socket
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import trio
import trio.testing

from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.server.telemetry import Telemetry
from regbot.web.connection import Patience
from regbot.web.engine import Engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Receive, Scope, Send

REQUEST: Final = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
BRIEF: Final = Patience(first=0.1, idle=0.1, take=0.1, leave=0.1)


class Served:
    """A server: where it listens, what it counts and logs."""

    def __init__(self) -> None:
        self.telemetry, self.log = Telemetry("1"), io.StringIO()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.where = self.socket.getsockname()
        self.clients: list[trio.SocketStream] = []

    async def connect(self, sent: bytes = b"") -> trio.SocketStream:
        """Connect, and send something."""
        made = await trio.open_tcp_stream(*self.where)
        self.clients.append(made)
        if sent:
            await made.send_all(sent)
        return made


@asynccontextmanager
async def serving(app: ASGIApp, *, most: int = 200, patience: Patience | None = None) -> AsyncIterator[Served]:
    """Serve an application; it has ended when this has."""
    served = Served()
    log = open_log(Writer(stream=served.log))
    engine = Engine(app, served.telemetry, log, most=most, patience=patience or Patience())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(engine.serve, [served.socket])
        yield served
        nursery.cancel_scope.cancel()
    for client in served.clients:
        await trio.aclose_forcefully(client)


async def hello(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def never(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Take for ever."""
    await trio.sleep_forever()


async def heard(stream: trio.SocketStream) -> bool:
    """Return whether an answer comes, and with the end of it."""
    found = b""
    while not found.endswith(b"hello") and (data := await stream.receive_some()):
        found += data
    return found.startswith(b"HTTP/1.1 200") and found.endswith(b"hello")


async def end_of(stream: trio.SocketStream) -> bytes:
    """Return all that comes until the server hangs up."""
    found = b""
    async for data in stream:
        found += data
    return found


async def test_answers() -> None:
    """A client is answered, and then again on the same connection."""
    async with serving(hello) as served:
        client = await served.connect()
        for _ in range(2):
            await client.send_all(REQUEST)
            assert await heard(client)


async def test_slow_headers() -> None:
    """A client that takes too long for its first request is hung up on, however it drips."""
    async with serving(hello, patience=BRIEF) as served:
        assert await end_of(await served.connect(REQUEST[:-4])) == b""


async def test_idle() -> None:
    """A connection on which nothing is asked any more is ended."""
    async with serving(hello, patience=BRIEF) as served:
        assert (await end_of(await served.connect(REQUEST))).endswith(b"hello")


async def test_silent_clients_make_room() -> None:
    """When there are as many connections as there may be, the one that was silent for the longest time makes room."""
    async with serving(hello, most=2) as served:
        first, second = await served.connect(), await served.connect()
        await trio.testing.wait_all_tasks_blocked(0.01)
        third = await served.connect(REQUEST)
        assert await heard(third)
        assert await end_of(first) == b""
        await second.send_all(REQUEST)
        assert await heard(second)


async def test_busy() -> None:
    """When all connections are being answered, one more is hung up on, and counted."""
    asked = trio.Event()

    async def busy(scope: Scope, receive: Receive, send: Send) -> None:
        asked.set()
        await never(scope, receive, send)

    async with serving(busy, most=1) as served:
        await served.connect(REQUEST)
        await asked.wait()
        assert await end_of(await served.connect()) == b""
        assert b'regbot_http_refused_total{why="busy"} 1.0' in served.telemetry.render()[0]


async def flood(_scope: Scope, receive: Receive, send: Send) -> None:
    """Send without an end, until the client is gone."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    gone = trio.Event()

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        while not gone.is_set():
            await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
            await trio.lowlevel.checkpoint()


async def test_stalled_reader() -> None:
    """A client that does not take its answer is hung up on."""
    done = trio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await flood(scope, receive, send)
        done.set()

    async with serving(app, patience=BRIEF) as served:
        await served.connect(REQUEST)
        await done.wait()


async def test_stalled_reader_does_not_keep_us() -> None:
    """The server ends at once although a client does not take its answer."""
    async with serving(flood) as served:
        client = await served.connect(REQUEST)
        await client.receive_some()
        await trio.testing.wait_all_tasks_blocked(0.05)


async def test_gone_at_once() -> None:
    """A client that connects and resets the connection is nobody's bug, and the next one is served."""
    async with serving(hello) as served:
        for sent in (b"", REQUEST):
            # Nobody accepts it before it is gone: nothing is awaited.
            with socket.create_connection(served.where) as client:
                client.sendall(sent)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert await heard(await served.connect(REQUEST))
        assert served.log.getvalue() == ""


async def test_refusal_arrives() -> None:
    """A client that goes on sending a large body gets the answer it was given before the end of that."""
    async with serving(hello, patience=BRIEF) as served:
        client = await served.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n" + bytes(1 << 16))
        assert await heard(client)
