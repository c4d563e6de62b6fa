"""One registry as the client sees it: address, slots, who we are there, and connections."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from regbot.registry.auth.auth import Auth
from regbot.registry.errors import RegistryError
from regbot.registry.http import urls
from regbot.registry.http.throttle import Throttle

if TYPE_CHECKING:
    import httpx

    from regbot.registry.hosts import Host
    from regbot.registry.http.exchange import Send
    from regbot.registry.observer import Meter, Observer


_ADDRESS: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?")


class Connect(Protocol):
    """Makes the transport to a registry, or with *elsewhere* to its token server and to where its answers lead."""

    def __call__(self, host: Host, *, elsewhere: bool) -> httpx.AsyncBaseTransport:
        """Return a fresh transport."""
        ...


class Endpoint:
    """A registry's address, and all that is kept between requests to it."""

    def __init__(
        self, host: Host, connect: Connect, send: Send, observer: Observer, meter: Meter | None = None
    ) -> None:
        self.host = host
        self.base = _base(host)
        self.origin = str(self.base)
        """What every URL of the registry itself begins with."""
        self._home = _origin(self.base)
        self.auth = Auth(host, send, observer)
        self.throttle = Throttle(host.name, slots=host.req_concurrent, per_second=host.req_per_sec, meter=meter)
        self._connect = connect
        self._transports: dict[bool, httpx.AsyncBaseTransport] = {}

    def is_home(self, url: httpx.URL) -> bool:
        """Say whether *url* is the registry's own: the same scheme, host and port."""
        return _origin(url) == self._home

    @property
    def forgettable(self) -> bool:
        """Whether nobody uses it, and nothing is kept from it for now: neither a refused login nor another request."""
        return self.throttle.idle and not self.throttle.pausing and not self.auth.resting

    def transport(self, *, elsewhere: bool) -> httpx.AsyncBaseTransport:
        """Return the transport to the registry, or to elsewhere."""
        if elsewhere not in self._transports:
            self._transports[elsewhere] = self._connect(self.host, elsewhere=elsewhere)
        return self._transports[elsewhere]

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            await transport.aclose()


def _base(host: Host) -> httpx.URL:
    if _ADDRESS.fullmatch(host.address):
        # What has the form of an address may still be none, like 999.999.999.999.
        with suppress(urls.BadUrl):
            return urls.parse(f"{host.scheme}://{host.address}")
    # The hostname is not repeated: somebody may have written user:password@ before it.
    subject = f"the hostname of registry {host.name}" if host.hostname else f"the registry {host.name}"
    message = f"{subject} should be a host or host:port"
    raise RegistryError(message, code="CONFIG" if host.hostname else "NAME_INVALID", registry=host.name)


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port or {"http": 80, "https": 443}.get(url.scheme)
