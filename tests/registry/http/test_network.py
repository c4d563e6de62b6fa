from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpcore
import httpx
import pytest
import trio
import trio.testing

from regbot.registry.hosts import Host, Tls
from regbot.registry.http.exchange import TIMEOUTS
from regbot.registry.http.network import READ_SIZE, Network, Stream
from regbot.registry.http.transport import open_transport
from tests.fake_registry import raw_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import TypeAlias

    Act: TypeAlias = Callable[[Stream], Awaitable[object]]

    from tests.docker_registry import DockerRegistry

LARGE = 5 * READ_SIZE + 17
HOST = Host("a", tls=Tls.DISABLED)


async def chunks(address: str, transport: httpx.AsyncBaseTransport) -> list[bytes]:
    """Return the body of an answer as it came."""
    request = httpx.Request("GET", f"http://{address}/x", extensions={"timeout": TIMEOUTS.of("GET")})
    response = await transport.handle_async_request(request)
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        return [chunk async for chunk in response.stream]
    finally:
        await response.stream.aclose()


async def body(address: str) -> bytes:
    """Return the body of one answer from a fresh transport."""
    transport = open_transport(HOST, elsewhere=False)
    try:
        return b"".join(await chunks(address, transport))
    finally:
        await transport.aclose()


@pytest.mark.parametrize("size", [0, 1, READ_SIZE, LARGE])
async def test_body(size: int) -> None:
    """A body of any size comes whole, with what was sent behind it left out."""
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + data
    async with raw_server(answer) as address:
        assert await body(address) == data


async def test_more_than_said() -> None:
    """What comes behind a large body is no part of it."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE + bytes(LARGE) + b"HTTP/1.1 200 OK\r\n\r\n"
    async with raw_server(answer) as address:
        assert await body(address) == bytes(LARGE)


async def test_chunked() -> None:
    """A body of unknown length comes through, too."""
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"3\r\nabc\r\n" * 2 + b"0\r\n\r\n"
    async with raw_server(answer) as address:
        assert await body(address) == b"abcabc"


@pytest.mark.parametrize("sent", [0, LARGE - 1])
async def test_broken_off(sent: int) -> None:
    """A body that ends early is an error, at whatever byte."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE + bytes(sent)
    async with raw_server(answer) as address:
        with pytest.raises(httpcore.ProtocolError):
            await body(address)


async def test_large_pieces() -> None:
    """A large body comes in pieces beyond httpcore's 64 KiB, none larger than the most that is read at once."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE + bytes(LARGE)
    async with raw_server(answer) as address:
        transport = open_transport(HOST, elsewhere=False)
        found = await chunks(address, transport)
        await transport.aclose()
    assert 64 << 10 < max(map(len, found)) <= READ_SIZE


@pytest.mark.parametrize("size", [5, LARGE])
async def test_left_early(size: int) -> None:
    """A body that nobody reads to its end closes the connection, and leaves nothing behind to be complained of."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size // 2)
    async with raw_server(answer, hang=True) as address:
        transport = open_transport(HOST, elsewhere=False)
        request = httpx.Request("GET", f"http://{address}/x", extensions={"timeout": TIMEOUTS.of("GET")})
        response = await transport.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        stream: AsyncIterator[bytes] = aiter(response.stream)
        assert await anext(stream)
        await response.stream.aclose()
        await transport.aclose()


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda stream: stream.read(1, 0.0), httpcore.ReadTimeout),
        (lambda stream: stream.write(bytes(16 << 20), 0.0), httpcore.WriteTimeout),
        (lambda stream: stream.start_tls(ssl.create_default_context(), "a.example", 0.0), httpcore.ConnectTimeout),
    ],
    ids=["read", "write", "handshake"],
)
async def test_silence(act: Act, error: type[Exception]) -> None:
    """Whoever hears nothing for too long gives up; a handshake leaves no connection behind."""
    ours, theirs = trio.socket.socketpair()
    stream = Stream(trio.SocketStream(ours), ours)
    with theirs, ours:
        with pytest.raises(error):
            await act(stream)
        assert (ours.fileno() == -1) == (error is httpcore.ConnectTimeout)


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda stream: stream.read(1), httpcore.ReadError),
        (lambda stream: stream.write(b"x"), httpcore.WriteError),
        (lambda stream: stream.start_tls(ssl.create_default_context(), "a.example"), httpcore.ConnectError),
    ],
    ids=["read", "write", "handshake"],
)
async def test_broken(act: Act, error: type[Exception]) -> None:
    """A connection that the other end broke is an error of the network."""
    ours, theirs = trio.socket.socketpair()
    stream = Stream(trio.SocketStream(ours), ours)
    with theirs, ours:
        await theirs.send(b"x")  # What nobody reads makes a close into a reset.
        await ours.send(b"x")
        theirs.close()
        await ours.recv(1)
        with pytest.raises(error):
            await act(stream)


async def test_slow_connection() -> None:
    """Nor does anybody wait for ever for a connection."""
    with pytest.raises(httpcore.ConnectTimeout):
        await Network().connect_tcp("127.0.0.1", 9, 0.0)


async def test_handshake_that_is_given_up() -> None:
    """A connection whose handshake is cancelled is closed."""
    ours, theirs = trio.socket.socketpair()
    stream = Stream(trio.SocketStream(ours), ours)
    with theirs, trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.start_tls, ssl.create_default_context(), "a.example")
            await trio.testing.wait_all_tasks_blocked()
            scope.cancel()
    assert (scope.cancelled_caught, ours.fileno()) == (True, -1)


async def test_connection_is_used_again(registry: DockerRegistry) -> None:
    """Small answers do not cost a connection each."""
    transport = open_transport(HOST, elsewhere=False)
    sockets = set()
    for _ in range(3):
        request = httpx.Request("GET", f"{registry.url}/v2/", extensions={"timeout": TIMEOUTS.of("GET")})
        response = await transport.handle_async_request(request)
        sockets.add(response.extensions["network_stream"].get_extra_info("client_addr"))
        assert isinstance(response.stream, httpx.AsyncByteStream)
        assert [chunk async for chunk in response.stream] == [b"{}"]
        await response.stream.aclose()
    await transport.aclose()
    assert len(sockets) == 1
