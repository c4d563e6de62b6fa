"""What passes by on the way to one registry, beside what its answers are asked for."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import httpx

from regbot.registry.auth.challenges import parse_challenges
from regbot.registry.http.transport import open_transport
from regbot.registry.manifest import RateLimit

if TYPE_CHECKING:
    from regbot.registry.hosts import Host
    from regbot.registry.http.endpoint import Connect


class _Encrypted(Protocol):
    """What of an ssl.SSLObject is asked for here."""

    def version(self) -> str | None: ...

    def getpeercert(self) -> dict[str, object]: ...


class Watch:
    """Takes note of the answers of the registry itself: `connect` goes to a Client."""

    def __init__(self, connect: Connect = open_transport) -> None:
        self._connect = connect
        self.answered = False
        self.schemes: list[str] = []
        """The ways to log in that the registry has offered, in lower case."""
        self.let_in = False
        """Whether a request that said who we are was not turned away."""
        self.tls = ""
        """The version of TLS, such as "TLSv1.3"."""
        self.certificate_ends: float | None = None
        """The end of the certificate's time in seconds since 1970, where it was checked."""
        self.rate_limit = RateLimit()

    def connect(self, host: Host, *, elsewhere: bool) -> httpx.AsyncBaseTransport:
        """Return a transport as a Client wants it; what is elsewhere is not looked at."""
        made = self._connect(host, elsewhere=elsewhere)
        return made if elsewhere else _Watched(made, self)

    def take(self, request: httpx.Request, response: httpx.Response) -> None:
        """Take note of an answer."""
        self.answered = True
        if response.status_code == 401:
            header = ", ".join(response.headers.get_list("WWW-Authenticate"))
            offered = [each.scheme for each in parse_challenges(header)]
            self.schemes += [scheme for scheme in dict.fromkeys(offered) if scheme not in self.schemes]
        elif "Authorization" in request.headers and response.status_code != 403:
            self.let_in = True
        limit = RateLimit.parse(response.headers)
        if limit.known:
            self.rate_limit = limit
        self._look_at_tls(response.extensions.get("network_stream"))

    def _look_at_tls(self, stream: object) -> None:
        found: _Encrypted | None = getattr(stream, "get_extra_info", lambda _: None)("ssl_object")
        if found is not None:
            self.tls = found.version() or ""
            # Of a certificate that is not checked Python tells nothing.
            with suppress(ValueError):
                self.certificate_ends = ssl.cert_time_to_seconds(str(found.getpeercert().get("notAfter", "")))


class _Watched(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport, watch: Watch) -> None:
        self._transport, self._watch = transport, watch

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        self._watch.take(request, response)
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()
