from __future__ import annotations

import socket
from typing import Literal, TypeAlias

import httpcore
import httpx
import pytest
import trio
import trio.testing

from regbot.registry.errors import Unreachable
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.http.exchange import Request
from regbot.registry.http.guard import Guarded, LinkLocal, check, look_up
from regbot.registry.http.transport import open_transport
from tests.fake_registry import raw_server

Found: TypeAlias = (
    tuple[Literal[socket.AddressFamily.AF_INET], socket.SocketKind, int, str, tuple[str, int]]
    | tuple[
        Literal[socket.AddressFamily.AF_INET6],
        socket.SocketKind,
        int,
        str,
        tuple[str, int, int, int] | tuple[int, bytes],
    ]
)
"""One answer of a resolver."""


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.169.254.",
        "169.254.43518",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "fe80::1",
        "[fe80::1]",
        "fe80::1%25eth0",
        "febf::1",
        "::ffff:169.254.169.254",
        "::ffff:a9fe:a9fe",
        "::169.254.169.254",
        "2002:a9fe:a9fe::",
        "64:ff9b::169.254.169.254",
        "2001:0:a9fe:a9fe::1",
        "2001:0:1:2::5601:5601",
    ],
)
def test_link_local(host: str) -> None:
    """A link-local address is one however it is written."""
    with pytest.raises(LinkLocal, match="link-local"):
        check(host)


@pytest.mark.parametrize(
    "host",
    [
        "metadata.google.internal",
        "Metadata.Google.Internal.",
        "instance-data",
        "100.100.100.200",
        "fd00:ec2::254",
        "::ffff:100.100.100.200",
    ],
)
def test_metadata(host: str) -> None:
    """Nor may any connection lead to where clouds answer elsewhere than there."""
    with pytest.raises(LinkLocal, match="cloud's metadata service"):
        check(host)


@pytest.mark.parametrize(
    "host",
    [
        "100.100.100.201",
        "instance-data.example",
        "169.253.169.254",
        "127.0.0.1",
        "10.0.0.1",
        "fec0::1",
        "::ffff:10.0.0.1",
        "64:ff9b::1",
        "::1",
        "a.example",
        "",
    ],
)
def test_others(host: str) -> None:
    """Any other address is none, and no more is a name."""
    check(host)


class Peer(httpcore.AsyncNetworkStream):
    """A connection to an address, on which nothing may be sent."""

    def __init__(self, address: str) -> None:
        self.closed = False
        self._address = address

    async def aclose(self) -> None:
        """Take note of it."""
        self.closed = True

    def get_extra_info(self, info: str) -> object:
        """Return the address."""
        return (self._address, 443) if info == "server_addr" else None


class Names(httpcore.AsyncNetworkBackend):
    """Connects every name to one address."""

    def __init__(self, address: str) -> None:
        self.peer = Peer(address)
        self.asked: list[str] = []

    async def connect_tcp(self, host: str, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        """Connect."""
        self.asked.append(host)
        return self.peer


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254"])
async def test_name(address: str) -> None:
    """A name that turns out to be such an address is not spoken to, and the error tells both."""
    names = Names(address)
    with pytest.raises(LinkLocal, match=rf"metadata\.test \({address}\)"):
        await Guarded(names).connect_tcp("metadata.test", 80)
    assert names.peer.closed


async def test_other_name() -> None:
    """Any other name is."""
    names = Names("10.0.0.1")
    assert await Guarded(names).connect_tcp("a.example", 80) is names.peer
    assert not names.peer.closed


async def test_literal_is_not_connected_to() -> None:
    """Nor is there any connection where the address is written out."""
    names = Names("10.0.0.1")
    with pytest.raises(LinkLocal):
        await Guarded(names).connect_tcp("169.254.169.254", 80)
    assert names.asked == []


async def test_redirect() -> None:
    """A registry that leads there gets an error, at once: it would be the same again."""
    location = b"http://169.254.169.254/v2/x/blobs/latest"
    async with raw_server(b"HTTP/1.1 307 \r\nContent-Length: 0\r\nLocation: %s\r\n\r\n" % location) as address:
        sender = Client(Hosts([Host(address, tls=Tls.DISABLED)]), user_agent="")
        with pytest.raises(Unreachable, match=r"169\.254\.169\.254 has a link-local address") as caught:
            await sender.send(Request("GET", sender.top_url(address, "x"), address, anywhere=True))
        await sender.aclose()
    assert (caught.value.temporary, caught.value.tries) == (False, 0)


async def test_made_up_by_a_script() -> None:
    """A registry that nobody wrote down is not looked for there, or a script could ask any service of the machine."""
    client = Client(Hosts(), user_agent="")
    with pytest.raises(Unreachable, match=r"169\.254\.169\.254 has a link-local address"):
        await client.send(Request("GET", client.top_url("169.254.169.254", "x"), "169.254.169.254"))
    await client.aclose()


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_through_a_proxy(monkeypatch: pytest.MonkeyPatch, *, elsewhere: bool) -> None:
    """Nor is a proxy asked for such an address, unless it is the registry's own."""
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy}")
        transport = open_transport(Host("a", tls=Tls.DISABLED), elsewhere=elsewhere)
        request = httpx.Request("GET", "http://169.254.1.1/", extensions={"timeout": {"read": 5}})
        if elsewhere:
            with pytest.raises(LinkLocal):
                await transport.handle_async_request(request)
        else:
            response = await transport.handle_async_request(request)
            assert await response.aread() == b"ok"
        await transport.aclose()


class Resolver(trio.abc.HostnameResolver):
    """Knows one name, and counts how often it is asked."""

    def __init__(self, address: str) -> None:
        self.asked = 0
        self._address = address

    async def getaddrinfo(self, host: bytes | None, *_: object, **__: object) -> list[Found]:
        """Return its address."""
        self.asked += 1
        if host != b"name.test":
            raise OSError(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (self._address, 0))]

    async def getnameinfo(self, sockaddr: object, flags: int) -> tuple[str, str]:
        """Never be asked."""
        raise AssertionError((sockaddr, flags))


async def ask_through_a_proxy(url: str, times: int = 1, *, elsewhere: bool = True) -> bytes:
    """Return what is answered through the proxy of the environment."""
    transport, body = open_transport(Host("a", tls=Tls.DISABLED), elsewhere=elsewhere), b""
    try:
        for _ in range(times):
            request = httpx.Request("GET", url, extensions={"timeout": {"read": 5}})
            body = await (await transport.handle_async_request(request)).aread()
    finally:
        await transport.aclose()
    return body


@pytest.mark.parametrize(("name", "times"), [("name.test", 2), ("unknown.test", 2)])
async def test_name_through_a_proxy(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> None:
    """A proxy is asked for a name that is harmless, or that nobody knows here, after one look at what it means."""
    resolver = Resolver("10.0.0.1")
    trio.socket.set_custom_hostname_resolver(resolver)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    async with raw_server(answer, answer) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy}")
        assert await ask_through_a_proxy(f"http://{name}/", times) == b"ok"
    assert resolver.asked == 1


async def test_bad_name_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not asked for a name of such an address, unless it is the registry's own."""
    trio.socket.set_custom_hostname_resolver(Resolver("169.254.169.254"))
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy}")
        with pytest.raises(LinkLocal, match=r"name\.test \(169\.254\.169\.254\) has a link-local address"):
            await ask_through_a_proxy("http://name.test/")
        assert await ask_through_a_proxy("http://name.test/", elsewhere=False) == b"ok"


async def test_slow_name(autojump_clock: trio.testing.MockClock) -> None:
    """Nobody waits long for what a name means."""

    class Slow(Resolver):
        async def getaddrinfo(self, host: bytes | None, *_: object, **__: object) -> list[Found]:
            await trio.sleep(60)
            return await super().getaddrinfo(host)

    trio.socket.set_custom_hostname_resolver(Slow("169.254.169.254"))
    await look_up("name.test")
    assert trio.current_time() < 5
