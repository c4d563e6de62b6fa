"""A network in memory: hosts with a server each, and connections that are pipes.  On trio's MockClock it takes no time.

A `World` is httpcore's network backend, so the client on it is the real one, from the pools of connections upwards.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final, NoReturn

import httpcore
import trio

from regbot.registry.http.transport import Transport
from tests.model.pipe import pipe
from tests.model.wire import Connection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator, Mapping

    import httpx

    from regbot.registry.hosts import Host
    from tests.model.message import Answerer
    from tests.model.pipe import Pipe

ADDRESS: Final = "192.0.2.1"
"""Where every host is: an address of RFC 5737, that leads nowhere."""


@dataclass(frozen=True, slots=True)
class _Link:
    """A connection to *host*: its ends, and what serves the far one."""

    host: str
    near: Pipe
    far: Pipe
    server: Connection


class World(httpcore.AsyncNetworkBackend):
    """Hosts ("name", for port 80, or "name:port") with their servers, which run in *nursery*; by plain HTTP only."""

    def __init__(self, nursery: trio.Nursery, servers: Mapping[str, Answerer]) -> None:
        self._nursery, self._servers = nursery, servers
        self.refusing: dict[str, float] = {}
        """Host to the number of connections that it will refuse."""
        self._links: list[_Link] = []

    @property
    def open(self) -> int:
        """The number of connections that the client has not closed."""
        return sum(not link.near.closed for link in self._links)

    @property
    def received(self) -> int:
        """Bytes that the client has received, all in all."""
        return sum(link.near.received for link in self._links)

    def connect(self, host: Host, *, elsewhere: bool) -> httpx.AsyncBaseTransport:  # noqa: ARG002 -- a Connect
        """Return a transport through this network; see endpoint.Connect."""
        return Transport(_no_tls, guarded=elsewhere, network=self)

    def hang_up(self, host: str) -> None:
        """Close, from a host's side, every connection to it that is idle."""
        for link in self._links:
            if link.host == host and link.server.idle and not link.far.readable:
                link.far.close()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 -- httpcore's interface
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Connect; as the interface says."""
        await trio.lowlevel.checkpoint()
        name = host if port == 80 else f"{host}:{port}"
        refusing = self.refusing.get(name, 0)
        if refusing > 0 or name not in self._servers:
            self.refusing[name] = refusing - 1
            _refuse()
        near, far = pipe()
        server = Connection(far, self._servers[name])
        self._links.append(_Link(name, near, far, server))
        self._nursery.start_soon(server.serve)
        return _Near(near, port)


class _Near(httpcore.AsyncNetworkStream):
    """The client's end of a connection."""

    def __init__(self, stream: Pipe, port: int) -> None:
        self._stream, self._port = stream, port

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Read some bytes."""
        with _mapped(httpcore.ReadError, httpcore.ReadTimeout):
            with trio.fail_after(inf if timeout is None else timeout):
                return await self._stream.receive_some(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write all of *buffer*."""
        if buffer:
            with _mapped(httpcore.WriteError, httpcore.WriteTimeout):
                with trio.fail_after(inf if timeout is None else timeout):
                    await self._stream.send_all(buffer)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> object:
        """Say where the other end is, and whether there is something to be read."""
        return {"server_addr": (ADDRESS, self._port), "is_readable": self._stream.readable}.get(info)


@contextmanager
def _mapped(broken: type[Exception], slow: type[Exception]) -> Iterator[None]:
    """Raise what httpcore's own streams raise."""
    try:
        yield
    except trio.TooSlowError as exc:
        raise slow from exc
    except (trio.BrokenResourceError, trio.ClosedResourceError) as exc:
        raise broken from exc


def _refuse() -> NoReturn:
    """Raise what httpcore's own backend raises; its pools drop the cause, and leave the context."""
    try:
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    except OSError as exc:
        raise httpcore.ConnectError(exc) from exc


def _no_tls() -> ssl.SSLContext:
    raise AssertionError("this network speaks plain HTTP only")
