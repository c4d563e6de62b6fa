from __future__ import annotations

import httpcore
import httpx
import pytest

from regbot.registry.errors import Unreachable
from regbot.registry.exchange import Request
from regbot.registry.guard import Guarded, LinkLocal, check
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http import Client
from regbot.registry.transport import open_transport
from tests.fake_registry import raw_server


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
    ],
)
def test_link_local(host: str) -> None:
    """A link-local address is one however it is written."""
    with pytest.raises(LinkLocal, match="link-local"):
        check(host)


@pytest.mark.parametrize(
    "host",
    ["169.253.169.254", "127.0.0.1", "10.0.0.1", "fec0::1", "::ffff:10.0.0.1", "64:ff9b::1", "::1", "a.example", ""],
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
