"""Connections to one registry: httpx's transport interface over httpcore's pools.

There are no cookies, no netrc and no decoding here; redirects and credentials are the client's (http.py).  Proxies are
those of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), never for this machine itself.
"""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Final

import httpcore
import httpx

from regbot.registry import tls
from regbot.registry.network import Answer, Network

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from regbot.registry.hosts import Host

_IDLE: Final = 30.0
"""Seconds that an unused connection is kept."""
_LOOPBACK: Final = ("localhost", "127.", "::1")


def open_transport(host: Host, *, elsewhere: bool) -> httpx.AsyncBaseTransport:
    """Return a transport for requests to *host*, or with *elsewhere* to where its redirects lead.

    Elsewhere trusts the same authorities and shows no client certificate: that is a credential of the registry's own.
    """
    return Transport(lambda: tls.context(host, identify=not elsewhere))


class Transport(httpx.AsyncBaseTransport):
    """A pool of connections for plain HTTP and one for TLS, and likewise for each proxy."""

    def __init__(self, context: Callable[[], ssl.SSLContext]) -> None:
        self._context = context
        self._pools: dict[tuple[bool, str], httpcore.AsyncConnectionPool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; httpcore's errors are raised as they are."""
        assert isinstance(request.stream, httpx.AsyncByteStream)
        url = request.url
        sent = httpcore.Request(
            method=request.method.encode(),
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        answer = await self._pool(url).handle_async_request(sent)
        body = Answer(answer, request.extensions["timeout"]["read"])
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()

    def _pool(self, url: httpx.URL) -> httpcore.AsyncConnectionPool:
        key = (url.scheme == "https", proxy_for(url))
        if key not in self._pools:
            self._pools[key] = _make_pool(self._context() if key[0] else None, key[1])
        return self._pools[key]


def _make_pool(context: ssl.SSLContext | None, proxy: str) -> httpcore.AsyncConnectionPool:
    # How many connections there are is the throttle's business; a pool only keeps them.
    if not proxy:
        return httpcore.AsyncConnectionPool(
            ssl_context=context, max_connections=None, keepalive_expiry=_IDLE, network_backend=Network()
        )
    parsed = httpx.Proxy(proxy)
    return httpcore.AsyncHTTPProxy(
        str(parsed.url),
        parsed.raw_auth,
        ssl_context=context,
        max_connections=None,
        keepalive_expiry=_IDLE,
        network_backend=Network(),
    )


def proxy_for(url: httpx.URL) -> str:
    """Return the URL of the proxy for *url*, "" for none."""
    proxies = urllib.request.getproxies()
    found = proxies.get(url.scheme) or proxies.get("all") or ""
    host = url.raw_host.decode()
    if not found or host.startswith(_LOOPBACK) or urllib.request.proxy_bypass(host):
        return ""
    return found if "://" in found else f"http://{found}"
