from __future__ import annotations

import httpx
import pytest

from regbot.registry.exchange import Request
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http import Client
from regbot.registry.transport import proxy_for
from tests.fake_registry import raw_server

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give an environment without proxies."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://a.example/", "http://proxy.test:3128"),
        ("http://a.example/", "http://other.test"),
        ("https://no.example/", ""),
        ("https://sub.no.example/", ""),
        ("https://localhost:5000/", ""),
        ("http://127.0.0.1:5000/", ""),
        ("http://[::1]:5000/", ""),
    ],
)
def test_proxy_for(environment: pytest.MonkeyPatch, url: str, proxy: str) -> None:
    """The environment names a proxy for each scheme, exceptions to it, and this machine is always one."""
    environment.setenv("HTTPS_PROXY", "proxy.test:3128")
    environment.setenv("HTTP_PROXY", "http://other.test")
    environment.setenv("NO_PROXY", "no.example")
    assert proxy_for(httpx.URL(url)) == proxy


async def test_without_proxy() -> None:
    """Without one there is none."""
    assert proxy_for(httpx.URL("https://a.example/")) == ""


async def test_through_a_proxy(environment: pytest.MonkeyPatch) -> None:
    """A registry that has no address of its own answers through the proxy."""
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as address:
        environment.setenv("HTTP_PROXY", f"http://user:password@{address}")
        sender = Client(Hosts([Host("registry.invalid", tls=Tls.DISABLED)]), user_agent="")
        url = sender.top_url("registry.invalid", "_catalog")
        assert (await sender.send(Request("GET", url, "registry.invalid"))).body == b"ok"
        await sender.aclose()
