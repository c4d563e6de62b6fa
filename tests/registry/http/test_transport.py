from __future__ import annotations

import base64
import traceback

import httpx
import pytest

from regbot.registry.errors import RegistryError, Unreachable
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.http.exchange import Request
from regbot.registry.http.transport import proxy_for, read_proxy
from tests.fake_registry import AT_ONCE, CANARY, raw_server

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give an environment without proxies."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("url", "variable", "proxy"),
    [
        ("https://a.example/", "HTTPS_PROXY", "proxy.test:3128"),
        ("http://a.example/", "ALL_PROXY", "http://other.test"),
        ("https://no.example/", "", ""),
        ("https://sub.no.example/", "", ""),
        ("https://localhost:5000/", "", ""),
        ("https://a.localhost/", "", ""),
        ("https://localhost.example/", "HTTPS_PROXY", "proxy.test:3128"),
        ("https://127.example/", "HTTPS_PROXY", "proxy.test:3128"),
        ("http://127.0.0.1:5000/", "", ""),
        ("http://[::1]:5000/", "", ""),
        ("https://port.example:5000/", "", ""),
        ("https://sub.port.example:5000/", "", ""),
        ("https://port.example:5001/", "HTTPS_PROXY", "proxy.test:3128"),
        ("https://port.example/", "HTTPS_PROXY", "proxy.test:3128"),
        ("https://tls.example/", "", ""),
        ("http://tls.example/", "ALL_PROXY", "http://other.test"),
        ("https://[2001:db8::1]:5000/", "", ""),
        ("https://[2001:db8::1]:5001/", "HTTPS_PROXY", "proxy.test:3128"),
    ],
)
def test_proxy_for(environment: pytest.MonkeyPatch, url: str, variable: str, proxy: str) -> None:
    """The environment names a proxy for each scheme, exceptions to it, and this machine is always one."""
    environment.setenv("HTTPS_PROXY", "proxy.test:3128")
    environment.setenv("ALL_PROXY", "http://other.test")
    environment.setenv("NO_PROXY", "no.example, port.example:5000,tls.example:443,[2001:db8::1]:5000")
    assert proxy_for(httpx.URL(url)) == (variable, proxy)


def test_without_proxy() -> None:
    """Without one there is none."""
    assert read_proxy(*proxy_for(httpx.URL("https://a.example/"))) is None


@pytest.mark.parametrize("value", ["proxy.test:3128", "http://proxy.test:3128", "HTTP://proxy.test:3128"])
def test_read_proxy(value: str) -> None:
    """A proxy is spelled with its scheme or without."""
    proxy = read_proxy("HTTPS_PROXY", value)
    assert proxy is not None
    assert proxy.url == "http://proxy.test:3128"


@pytest.mark.parametrize(
    "value",
    [
        f"http://user:{CANARY}@proxy.test:bad",
        f"http://user:{CANARY}@proxy.test:99999",
        f"http://user:{CANARY}\udcff@proxy.test",
        f"http://user:{CANARY}@",
        f"ftp://user:{CANARY}@proxy.test",
        f"socks5://user:{CANARY}@proxy.test",
        f"://{CANARY}",
        f"{CANARY}:x:y",
        f"http://{CANARY}\x01",
    ],
    ids=ascii,
)
async def test_bad_proxy(environment: pytest.MonkeyPatch, value: str) -> None:
    """A proxy that is none, or none for HTTP, is a fault of the configuration that tells where and not what."""
    environment.setenv("ALL_PROXY", value)
    sender = Client(Hosts([Host("registry.invalid", tls=Tls.DISABLED)]), user_agent="")
    url = sender.top_url("registry.invalid", "_catalog")
    with pytest.raises(RegistryError, match="variable ALL_PROXY") as caught:
        await sender.send(Request("GET", url, "registry.invalid"))
    assert caught.value.code == "CONFIG"
    assert CANARY not in "".join(traceback.format_exception(caught.value))


async def test_through_a_proxy(environment: pytest.MonkeyPatch) -> None:
    """A registry that has no address of its own answers through the proxy."""
    async with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as address:
        environment.setenv("HTTP_PROXY", f"http://user:password@{address}")
        sender = Client(Hosts([Host("registry.invalid", tls=Tls.DISABLED)]), user_agent="")
        url = sender.top_url("registry.invalid", "_catalog")
        assert (await sender.send(Request("GET", url, "registry.invalid"))).body == b"ok"
        await sender.aclose()


async def test_proxy_that_repeats(environment: pytest.MonkeyPatch) -> None:
    """A proxy that repeats its password makes it known to nobody, and is named where it fails."""
    encoded = base64.b64encode(f"user:{CANARY}".encode())
    body = b"no %s %s" % (CANARY.encode(), encoded)
    async with raw_server(b"HTTP/1.1 407 X\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as address:
        environment.setenv("HTTP_PROXY", f"http://user:{CANARY}@{address}")
        sender = Client(Hosts([Host("registry.invalid", tls=Tls.DISABLED)]), user_agent="")
        with pytest.raises(RegistryError, match=r"407: no \*\*\* \*\*\*"):
            await sender.send(Request("GET", sender.top_url("registry.invalid", "_catalog"), "registry.invalid"))
        await sender.aclose()


async def test_proxy_that_is_down(environment: pytest.MonkeyPatch) -> None:
    """A proxy that is not there is named, and not the registry behind it."""
    environment.setenv("HTTP_PROXY", f"http://user:{CANARY}@127.0.0.1:1")
    sender = Client(Hosts([Host("registry.invalid", tls=Tls.DISABLED)]), user_agent="", retries=AT_ONCE)
    with pytest.raises(
        Unreachable, match="no answer from the proxy of HTTP_PROXY: the connection was refused"
    ) as caught:
        await sender.send(Request("GET", sender.top_url("registry.invalid", "_catalog"), "registry.invalid"))
    assert CANARY not in str(caught.value)
    await sender.aclose()
