"""Connections to one registry: httpx's transport interface over httpcore's connections.

There are no cookies, no netrc and no decoding here; redirects and credentials are the client's (client.py).
Proxies are those of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), never for this machine itself.
"""

from __future__ import annotations

import re
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import httpcore
import httpx

from regbot.registry.credentials import Login, Secret
from regbot.registry.errors import RegistryError
from regbot.registry.http import guard, tls
from regbot.registry.http.network import Network
from regbot.registry.http.pool import Pool
from regbot.registry.recent import Recent
from regbot.registry.reference import MAX_PORT

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from regbot.registry.hosts import Host

_IDLE: Final = 30.0
"""Seconds that an unused connection is kept."""
_NAMES: Final = 100
"""Names that are remembered: as good, or with the way that leads there."""
_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = re.compile(r"localhost|.+\.localhost|127(\.[0-9]+){3}|::1")


def open_transport(host: Host, *, elsewhere: bool) -> httpx.AsyncBaseTransport:
    """Return a transport for requests to *host*, or with *elsewhere* to where its redirects lead.

    Elsewhere trusts the same authorities and shows no client certificate: that is a credential of the registry's own.
    Nor does it connect to link-local addresses (guard.py), which only a registry that somebody wrote down may have.
    """
    return Transport(lambda: tls.context(host, identify=not elsewhere), guarded=elsewhere or not host.known)


class Transport(httpx.AsyncBaseTransport):
    """A pool of connections for plain HTTP and one for TLS, and likewise for each proxy.

    *guarded*: none of them leads to a link-local address.  *network* is what connects.
    """

    def __init__(
        self,
        context: Callable[[], ssl.SSLContext],
        *,
        guarded: bool,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._context, self._guarded = context, guarded
        self._network = network or Network()
        self._looked_up: Recent[str, str] = Recent(_NAMES)
        self._pools: dict[tuple[bool, str], Pool] = {}
        self._ways: Recent[tuple[str, bytes, int | None], Pool] = Recent(_NAMES)
        """Which of them leads to a host: to look for its proxy takes as long as all the rest of a request."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; httpcore's errors are raised as they are."""
        assert isinstance(request.stream, httpx.AsyncByteStream)
        url = request.url
        if self._guarded:
            await self._check(url)
        sent = httpcore.Request(
            method=request.method.encode(),
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        body = await self._pool(url).ask(sent)
        answer = body.response
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()

    async def _check(self, url: httpx.URL) -> None:
        """Raise LinkLocal if a proxy, whose connections nobody sees here, would be asked for such an address."""
        host = url.raw_host.decode()
        guard.check(host)
        # The proxy looks for itself each time: to do so here more than once would prove no more.
        if proxy_for(url)[1] and self._looked_up.get(host) is None:
            await guard.look_up(host)
            self._looked_up.put(host, host)

    def _pool(self, url: httpx.URL) -> Pool:
        place = url.scheme, url.raw_host, url.port
        return self._ways.get(place) or self._ways.put(place, self._find_pool(url))

    def _find_pool(self, url: httpx.URL) -> Pool:
        variable, proxy = proxy_for(url)
        key = (url.scheme == "https", proxy)
        if key not in self._pools:
            self._pools[key] = self._make_pool(self._context() if key[0] else None, read_proxy(variable, proxy))
        return self._pools[key]

    def _make_pool(self, context: ssl.SSLContext | None, proxy: httpx.Proxy | None) -> Pool:
        if proxy is None:
            maker = httpcore.AsyncConnectionPool(
                ssl_context=context,
                keepalive_expiry=_IDLE,
                network_backend=guard.Guarded(self._network) if self._guarded else self._network,
            )
        else:
            maker = httpcore.AsyncHTTPProxy(
                str(proxy.url),
                proxy.raw_auth,
                ssl_context=context,
                keepalive_expiry=_IDLE,
                network_backend=self._network,
            )
        return Pool(maker)


def proxy_for(url: httpx.URL) -> tuple[str, str]:
    """Return the variable that names a proxy for *url*, and its value; "" and "" if there is none."""
    proxies = urllib.request.getproxies()
    host = url.raw_host.decode()
    # NO_PROXY may name a single port of a host; an address of IPv6 has brackets there.
    named = f"[{host}]" if ":" in host else host
    exact = f"{named}:{url.port or _PORTS.get(url.scheme, 0)}"
    if _LOOPBACK.fullmatch(host) or any(map(urllib.request.proxy_bypass, (host, named, exact))):
        return "", ""
    kind = next((kind for kind in (url.scheme, "all") if proxies.get(kind)), "")
    return (f"{kind}_proxy".upper(), proxies[kind]) if kind else ("", "")


def read_proxy(variable: str, value: str) -> httpx.Proxy | None:
    """Return the proxy that *value* is the URL of, None for "".  RegistryError without it: it may hold a password."""
    if not value:
        return None
    scheme, colon, _ = value.partition("://")
    if colon and scheme.lower() not in {"http", "https"}:
        raise RegistryError(f"the variable {variable} should name an HTTP proxy: http:// or https://", code="CONFIG")
    # The errors hold the value, too.
    with suppress(httpx.InvalidURL, ValueError):
        proxy = httpx.Proxy(value if colon else f"http://{value}")
        if proxy.url.raw_host and (proxy.url.port or 0) <= MAX_PORT:
            return proxy
    raise RegistryError(f"the variable {variable} holds no URL of a proxy, like http://proxy:3128", code="CONFIG")


def proxy_secrets(url: httpx.URL) -> tuple[Secret, ...]:
    """Return what of the proxy for *url* must not be shown."""
    proxy = read_proxy(*proxy_for(url))
    if proxy is None or proxy.raw_auth is None:
        return ()
    user, password = (part.decode("utf-8", "replace") for part in proxy.raw_auth)
    return Login(user, Secret(password)).secrets
