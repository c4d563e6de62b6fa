"""Where no connection may lead that somebody else chose: link-local addresses, and the clouds' own services.

Clouds answer there, to every program on a machine, with credentials of that machine.  A registry could send us to them
by a redirect, the place of an upload or the realm of its tokens; a script by what it calls a registry.
"""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

import httpcore
import trio

if TYPE_CHECKING:
    from collections.abc import Iterable

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOKUP: Final = 2.0
"""Seconds for finding out what a name means that somebody else will connect to."""
METADATA_NAMES: Final = frozenset(
    {"metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"}
)
METADATA: Final = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "fd00:ec2::254")))
"""Where clouds give out a machine's credentials besides the link-local addresses."""

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


class LinkLocal(httpcore.ConnectError):
    """A connection was refused by us, before anything was sent on it; *what* is wrong with *host*."""

    def __init__(self, host: str, what: str = "has a link-local address") -> None:
        super().__init__(f"{host} {what}, where no registry may lead")
        self.what = what


def check(host: str) -> None:
    """Raise LinkLocal if *host* is a link-local address, however it is written, or a cloud's service for its machines.

    What a name means is not known here.
    """
    address = parse_address(host)
    if address is None:
        if host.rstrip(".").lower() in METADATA_NAMES:
            raise LinkLocal(host, "is a cloud's metadata service")
        return
    for form in forms(address):
        if form.is_link_local:
            raise LinkLocal(host)
        if form in METADATA:
            raise LinkLocal(host, "has the address of a cloud's metadata service")


async def look_up(host: str) -> None:
    """Raise LinkLocal if *host* is the name of such an address, as far as the DNS here knows it."""
    found: list[str] = []
    with trio.move_on_after(LOOKUP), suppress(OSError, UnicodeError):
        answers = await trio.socket.getaddrinfo(host, None, type=trio.socket.SOCK_STREAM)
        found = [str(address[0]) for *_, address in answers]
    for address in found:
        _check_peer(host, address)


def _check_peer(host: str, address: str) -> None:
    try:
        check(address)
    except LinkLocal as exc:
        raise LinkLocal(f"{host} ({address})", exc.what) from None


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
        yield from filter(None, (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())))
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
            _check_peer(host, peer[0])
        except LinkLocal:
            await stream.aclose()
            raise
        return stream
