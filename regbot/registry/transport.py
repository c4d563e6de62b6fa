"""Connections to one registry: httpx's transport interface over httpcore, with large reads.

httpcore reads 64 KiB at a time, and what a layer costs is mostly the number of reads: the stream below takes what the
socket has, up to `READ_SIZE`.  There are no cookies, no netrc and no decoding here; redirects and credentials are the
client's (http.py).  Proxies are those of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), never for this machine.
"""

from __future__ import annotations

import os
import ssl
import urllib.request
from collections.abc import AsyncIterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import httpcore
import httpx

from regbot.registry.errors import RegistryError
from regbot.registry.hosts import Tls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from regbot.registry.hosts import Host

READ_SIZE: Final = 1 << 20
"""Bytes of one read at most: what a layer is taken in, hashed and passed on by."""
_IDLE: Final = 30.0
"""Seconds that an unused connection is kept."""
_LOOPBACK: Final = ("localhost", "127.", "::1", "[::1]")


def open_transport(host: Host, *, elsewhere: bool) -> httpx.AsyncBaseTransport:
    """Return a transport for requests to *host*, or with *elsewhere* to where its redirects lead.

    Elsewhere trusts the same authorities and shows no client certificate: that is a credential of the registry's own.
    RegistryError if a configured certificate is none.
    """
    return Transport(_tls_context(host, identify=not elsewhere))


class Transport(httpx.AsyncBaseTransport):
    """A pool of connections, and one for each proxy that the environment names."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._pools: dict[str, httpcore.AsyncConnectionPool] = {}

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
        answer = await self._pool(_proxy(url)).handle_async_request(sent)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()

    def _pool(self, proxy: str) -> httpcore.AsyncConnectionPool:
        if proxy not in self._pools:
            self._pools[proxy] = self._make_pool(proxy)
        return self._pools[proxy]

    def _make_pool(self, proxy: str) -> httpcore.AsyncConnectionPool:
        # How many connections there are is the throttle's business; the pool only keeps them.
        if not proxy:
            return httpcore.AsyncConnectionPool(
                ssl_context=self._context, max_connections=None, keepalive_expiry=_IDLE, network_backend=Network()
            )
        parsed = httpx.Proxy(proxy)
        return httpcore.AsyncHTTPProxy(
            str(parsed.url),
            parsed.raw_auth,
            ssl_context=self._context,
            max_connections=None,
            keepalive_expiry=_IDLE,
            network_backend=Network(),
        )


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._answer.stream, AsyncIterable)
        return aiter(self._answer.stream)

    async def aclose(self) -> None:
        await self._answer.aclose()


class Network(httpcore.AsyncNetworkBackend):
    """httpcore's trio backend, with `Stream`s."""

    def __init__(self) -> None:
        self._inner = httpcore.TrioBackend()

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
        return Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        """Return what httpcore wants to know of the socket."""
        return self._inner.get_extra_info(info)


def _proxy(url: httpx.URL) -> str:
    """Return the URL of the proxy for *url*, "" for none."""
    proxies = urllib.request.getproxies()
    found = proxies.get(url.scheme) or proxies.get("all") or ""
    if not found or url.host.startswith(_LOOPBACK) or urllib.request.proxy_bypass(url.host):
        return ""
    return found if "://" in found else f"http://{found}"


def _tls_context(host: Host, *, identify: bool) -> ssl.SSLContext:
    context = _default_context()
    if host.tls is Tls.INSECURE:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if host.regcert:
        with _usable(host, "regcert"):
            context.load_verify_locations(cadata=host.regcert)
    if host.client_cert and identify:
        with _usable(host, "clientCert or clientKey"):
            _identify(context, f"{host.client_cert}\n{host.client_key.reveal()}")
    return context


def _default_context() -> ssl.SSLContext:
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:
        return ssl.create_default_context()
    # A system without certificates of its own, such as a bare container.
    return httpx.create_ssl_context()


@contextmanager
def _usable(host: Host, what: str) -> Iterator[None]:
    try:
        yield
    except (ssl.SSLError, ValueError) as exc:
        raise RegistryError(
            f"the {what} configured for {host.name} is not usable PEM text: {exc}", code="CONFIG", registry=host.name
        ) from exc


def _identify(context: ssl.SSLContext, pem: str) -> None:
    # OpenSSL reads keys from files only; this one is never on a disk.
    descriptor = os.memfd_create("regbot", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(pem.encode())
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password="")
    finally:
        os.close(descriptor)
