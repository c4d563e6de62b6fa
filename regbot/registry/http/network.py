"""Connections that read in large pieces.  httpcore's own read 64 KiB at a time, and it copies each byte three times.

What a layer costs is mostly the number of reads and copies, so a connection gives what it has, up to `READ_SIZE`, and
the bulk of a large body is taken from the connection itself.  What a small answer costs is mostly the number of layers
that each call goes through, so these are trio's streams with nothing between.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Final

import httpcore
import httpx
import trio

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterable

READ_SIZE: Final = 1 << 20
"""Bytes of one read at most: what a layer is taken in, hashed and passed on by."""
_BROKEN: Final = (trio.BrokenResourceError, trio.ClosedResourceError)


class Network(httpcore.AsyncNetworkBackend):
    """Connects to `Stream`s."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's interface, here and below
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 -- likewise; trio's are right
    ) -> httpcore.AsyncNetworkStream:
        """Connect; as the interface says."""
        with _within(timeout):
            try:
                stream = await trio.open_tcp_stream(host, port, local_address=local_address)
            except OSError as exc:
                raise httpcore.ConnectError(exc) from exc
            return Stream(stream, stream.socket)
        raise httpcore.ConnectTimeout


class Stream(httpcore.AsyncNetworkStream):
    """A connection over *socket*, with TLS or without; it reads as much as it gets, whatever it is asked for."""

    def __init__(self, stream: trio.abc.Stream, socket: trio.socket.SocketType) -> None:
        self._stream, self._socket = stream, socket

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Read up to `READ_SIZE` bytes."""
        with _within(timeout):
            try:
                return bytes(await self._stream.receive_some(max(max_bytes, READ_SIZE)))
            except _BROKEN as exc:
                raise httpcore.ReadError(exc) from exc
        raise httpcore.ReadTimeout

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write all of *buffer*."""
        if not buffer:
            return
        with _within(timeout):
            try:
                await self._stream.send_all(buffer)
            except _BROKEN as exc:
                raise httpcore.WriteError(exc) from exc
            return
        raise httpcore.WriteTimeout

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """Return the stream inside TLS; where that fails it is closed."""
        inside = trio.SSLStream(self._stream, ssl_context, server_hostname=server_hostname, https_compatible=True)
        try:
            with _within(timeout):
                await inside.do_handshake()
                return Stream(inside, self._socket)
        except BaseException as exc:
            await self._drop()
            if isinstance(exc, trio.BrokenResourceError):
                raise httpcore.ConnectError(exc) from exc
            raise
        await self._drop()
        raise httpcore.ConnectTimeout

    async def _drop(self) -> None:
        with trio.CancelScope(shield=True):
            await self.aclose()

    def get_extra_info(self, info: str) -> object:
        """Return what is asked of the socket: its ends, and whether there is something to be read; or the TLS in it."""
        match info:
            case "ssl_object" if isinstance(self._stream, trio.SSLStream):
                return self._stream  # It has the methods of ssl.SSLObject.
            case "client_addr":
                return self._socket.getsockname()
            case "server_addr":
                return self._socket.getpeername()
            case "is_readable":
                return self._socket.is_readable()
        return None


class Answer(httpx.AsyncByteStream):
    """The body of an answer, to be iterated over once; *done* is called when it is closed.

    Its first piece comes through httpcore.  Where then much is left of a known length, that is read past it, and the
    connection, of which httpcore knows no longer where it stands, is closed in the end.
    """

    def __init__(self, response: httpcore.Response, timeout: float | None, done: Callable[[], None]) -> None:
        assert isinstance(response.stream, AsyncIterable)
        self.response = response
        self._timeout, self._done = timeout, done
        self._pieces: AsyncIterator[bytes] = aiter(response.stream)
        self._left = _length(response)
        self._past = self._ended = self._closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await (self._read() if self._past else anext(self._pieces))
        except StopAsyncIteration:
            self._ended = not self._past
            raise
        self._left -= len(piece)
        self._past = self._past or self._left > READ_SIZE
        return piece

    async def _read(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        network: httpcore.AsyncNetworkStream = self.response.extensions["network_stream"]
        piece = await network.read(READ_SIZE, self._timeout)
        if not piece:
            raise httpcore.RemoteProtocolError(f"the connection was closed with {self._left} bytes still to come")
        return piece[: self._left]

    async def aclose(self) -> None:
        """Be done with the body; a connection that it was not read from to the end is closed.  Not to be cancelled."""
        if self._closed:
            return
        self._closed = True
        with trio.CancelScope(shield=True):
            await self.response.aclose()
            # httpcore's generators would be left unfinished otherwise; on a closed connection they come to their end.
            with suppress(StopAsyncIteration, httpcore.NetworkError, httpcore.ProtocolError):
                while not self._ended:
                    await anext(self._pieces)
        self._done()


def _length(response: httpcore.Response) -> int:
    """Return the length that a body is said to have; -1 where that is not known."""
    headers = {name.lower(): value for name, value in response.headers}
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() and b"transfer-encoding" not in headers else -1


def _within(seconds: float | None) -> trio.CancelScope:
    return trio.move_on_after(inf if seconds is None else seconds)
