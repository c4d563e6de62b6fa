from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpcore
import httpx
import pytest
import trio
import trio.testing

from regbot.registry.hosts import Host
from regbot.registry.http.exchange import TIMEOUTS
from regbot.registry.http.pool import MAX_IDLE
from tests.model.message import Reply
from tests.model.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.model.message import Asked


async def answer(asked: Asked) -> Reply:
    """Answer with the host's name; to be asked for "/slow" takes a second."""
    if asked.path == "/slow":
        await trio.sleep(1)
    return Reply(body=asked.host.encode())


@dataclass(frozen=True, slots=True)
class Way:
    """A transport, and the network behind it."""

    world: World
    transport: httpx.AsyncBaseTransport

    async def begin(self, url: str) -> httpx.AsyncByteStream:
        """Return the body of an answer, which is to be closed."""
        headers = {"Host": httpx.URL(url).host}
        request = httpx.Request("GET", url, headers=headers, extensions={"timeout": TIMEOUTS.of("GET")})
        response = await self.transport.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        return response.stream

    async def ask(self, url: str) -> bytes:
        """Return an answer."""
        body = await self.begin(url)
        try:
            return b"".join([piece async for piece in body])
        finally:
            await body.aclose()


@asynccontextmanager
async def way(*hosts: str) -> AsyncIterator[Way]:
    """Give a way to *hosts*, by default to two; in the end no connection may be left."""
    async with trio.open_nursery() as nursery:
        world = World(nursery, dict.fromkeys(hosts or ("a.test", "b.test"), answer))
        transport = world.connect(Host("a.test"), elsewhere=False)
        yield Way(world, transport)
        await transport.aclose()
        assert world.open == 0
        nursery.cancel_scope.cancel()


async def test_used_again() -> None:
    """One request after the other goes over one connection, to each host its own."""
    async with way() as there:
        found = [await there.ask(f"http://{host}/") for host in ("a.test", "b.test", "a.test", "b.test")]
        assert (found, there.world.open) == ([b"a.test", b"b.test"] * 2, 2)


async def test_at_once(autojump_clock: trio.testing.MockClock) -> None:
    """Requests at the same time have a connection each, and those behind them take these."""
    async with way() as there:
        for _ in range(2):
            async with trio.open_nursery() as nursery:
                for _ in range(3):
                    nursery.start_soon(there.ask, "http://a.test/slow")
        assert there.world.open == 3


async def test_not_before_it_is_closed() -> None:
    """As long as an answer is not closed nobody else gets its connection."""
    async with way() as there:
        body = await there.begin("http://a.test/")
        assert (await there.ask("http://a.test/"), there.world.open) == (b"a.test", 2)
        await body.aclose()


async def test_hung_up() -> None:
    """Connections that the other end has closed are given up, and nobody notices."""
    async with way() as there:
        bodies = [await there.begin("http://a.test/") for _ in range(2)]
        for body in bodies:
            assert b"".join([piece async for piece in body]) == b"a.test"
            await body.aclose()
        there.world.hang_up("a.test")
        assert (await there.ask("http://a.test/"), there.world.open) == (b"a.test", 1)


async def test_hung_up_elsewhere() -> None:
    """So are those to a host that nobody asks any more."""
    async with way() as there:
        for host in ("b.test", "a.test"):
            await there.ask(f"http://{host}/")
        there.world.hang_up("b.test")
        await there.ask("http://a.test/")
        assert there.world.open == 1


async def test_closed_twice() -> None:
    """An answer may be closed twice, and its connection is still given to one at a time."""
    async with way() as there:
        body = await there.begin("http://a.test/")
        assert b"".join([piece async for piece in body]) == b"a.test"
        for _ in range(2):
            await body.aclose()
        held = await there.begin("http://a.test/")
        assert (await there.ask("http://a.test/"), there.world.open) == (b"a.test", 2)
        await held.aclose()


async def test_many_places() -> None:
    """No more connections are kept than one may have open, however many places there are."""
    hosts = [f"h{number}.test" for number in range(MAX_IDLE + 5)]
    async with way(*hosts) as there:
        for host in hosts:
            await there.ask(f"http://{host}/")
        assert there.world.open == MAX_IDLE + 1


async def test_left_early() -> None:
    """The connection of an answer that nobody read to its end is closed."""
    async with way() as there:
        await (await there.begin("http://a.test/")).aclose()
        assert there.world.open == 0


async def test_given_up(autojump_clock: trio.testing.MockClock) -> None:
    """So is that of a request that was given up before its answer began."""
    async with way() as there:
        with trio.move_on_after(0.5) as scope:
            await there.ask("http://a.test/slow")
        assert (scope.cancelled_caught, there.world.open) == (True, 0)


async def test_refused() -> None:
    """That there was no connection says nothing of the next one."""
    async with way() as there:
        there.world.refusing["a.test"] = 1
        with pytest.raises(httpcore.ConnectError):
            await there.ask("http://a.test/")
        assert await there.ask("http://a.test/") == b"a.test"
