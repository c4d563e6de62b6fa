"""Reading from connections in large pieces.  httpcore reads 64 KiB at a time, and copies each byte three times.

What a layer costs is mostly the number of reads and copies, so a connection gives what it has, up to `READ_SIZE`, and
the bulk of a large body is taken from the connection itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Final

import httpcore
import httpx
import trio

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterable

READ_SIZE: Final = 1 << 20
"""Bytes of one read at most: what a layer is taken in, hashed and passed on by."""


class Network(httpcore.AsyncNetworkBackend):
    """Connects as *inner* does, to `Stream`s."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's interface, here and below
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect; as the interface says."""
        return Stream(await self._inner.connect_tcp(host, port, timeout, local_address, socket_options))


class Stream(httpcore.AsyncNetworkStream):
    """A stream that reads as much as it gets, whatever it is asked for."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Read up to `READ_SIZE` bytes."""
        return await self._inner.read(max(max_bytes, READ_SIZE), timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write all of *buffer*."""
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """Return the stream inside TLS."""
        try:
            return Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))
        except trio.Cancelled:
            # httpcore closes what an error leaves behind, and forgets about this.
            with trio.CancelScope(shield=True):
                await self.aclose()
            raise

    def get_extra_info(self, info: str) -> object:
        """Return what httpcore wants to know of the socket."""
        return self._inner.get_extra_info(info)


class Answer(httpx.AsyncByteStream):
    """The body of an answer, to be iterated over once.

    Its first piece comes through httpcore.  Where then much is left of a known length, that is read past it, and the
    connection, of which httpcore knows no longer where it stands, is closed in the end.
    """

    def __init__(self, response: httpcore.Response, timeout: float | None) -> None:
        assert isinstance(response.stream, AsyncIterable)
        self._response, self._timeout = response, timeout
        self._pieces: AsyncIterator[bytes] = aiter(response.stream)
        self._left = _length(response)
        self._past = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece = await (self._read() if self._past else anext(self._pieces))
        self._left -= len(piece)
        self._past = self._past or self._left > READ_SIZE
        return piece

    async def _read(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        network: httpcore.AsyncNetworkStream = self._response.extensions["network_stream"]
        piece = await network.read(READ_SIZE, self._timeout)
        if not piece:
            raise httpcore.RemoteProtocolError(f"the connection was closed with {self._left} bytes still to come")
        return piece[: self._left]

    async def aclose(self) -> None:
        """Be done with the body; a connection that it was not read from to the end is closed."""
        await self._response.aclose()
        # httpcore's generators would be left unfinished otherwise; on a closed connection they come to their end.
        try:
            while True:
                await anext(self._pieces)
        except (StopAsyncIteration, httpcore.NetworkError, httpcore.ProtocolError):
            pass


def _length(response: httpcore.Response) -> int:
    """Return the length that a body is said to have; -1 where that is not known."""
    headers = {name.lower(): value for name, value in response.headers}
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() and b"transfer-encoding" not in headers else -1
