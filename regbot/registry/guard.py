"""Where no connection may lead that somebody else chose: link-local addresses.

Clouds answer there, to every program on a machine, with credentials of that machine.  A registry could send us to them
by a redirect, the place of an upload or the realm of its tokens.
"""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

import httpcore

if TYPE_CHECKING:
    from collections.abc import Iterable

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class LinkLocal(httpcore.ConnectError):
    """A connection was refused by us, before anything was sent on it."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} has a link-local address, where no registry may lead")


def check(host: str) -> None:
    """Raise LinkLocal if *host* is a link-local address, however it is written.  A name is none."""
    address = parse_address(host)
    if address is not None and any(form.is_link_local for form in forms(address)):
        raise LinkLocal(host)


def parse_address(host: str) -> _Address | None:
    """Return the address that *host* is, however it is written; None for a name."""
    host = host.strip("[]").rstrip(".")
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    # 169.254.1, 0xa9fe0001: what the C library takes for an address is one.
    with suppress(OSError, ValueError):
        return ipaddress.IPv4Address(socket.inet_aton(host))
    return None


def forms(address: _Address) -> Iterable[_Address]:
    """Return an address, and those of the old kind that may be meant by it."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        yield from filter(None, (address.ipv4_mapped, address.sixtofour))
        if address in _NAT64 or int(address) < 1 << 32:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects as *inner* does, but to no link-local address: LinkLocal, and the connection is closed unused."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect; as the interface says."""
        check(host)
        stream = await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        # What a name meant is known for sure only now: the answer of the DNS may be another one each time.
        peer = stream.get_extra_info("server_addr")
        try:
            check(peer[0])
        except LinkLocal:
            await stream.aclose()
            raise LinkLocal(f"{host} ({peer[0]})") from None
        return stream
