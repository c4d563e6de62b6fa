"""The registries that a client has to do with: scripts may name any number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.registry.http.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from regbot.registry.hosts import Hosts
    from regbot.registry.http.endpoint import Connect
    from regbot.registry.http.exchange import Answer, Request
    from regbot.registry.observer import Meter, Observer

MAX_OTHERS: Final = 100
"""Registries that nobody configured, beyond which some are forgotten, with their connections and tokens."""


class Endpoints:
    """Registry name to Endpoint, made when it is first asked for.

    *ask* sends a request of an endpoint's own, to a token server.
    """

    def __init__(
        self,
        hosts: Hosts,
        connect: Connect,
        ask: Callable[[Endpoint, Request], Awaitable[Answer]],
        observer: Observer,
        meter: Meter | None = None,
    ) -> None:
        self._hosts, self._connect, self._ask = hosts, connect, ask
        self._observer, self._meter = observer, meter
        self._configured: dict[str, Endpoint] = {}
        self._others: dict[str, Endpoint] = {}
        self._calls = 0

    def find(self, registry: str) -> Endpoint:
        """Return the endpoint of a registry."""
        known = self._configured if registry in self._hosts else self._others
        endpoint = known.pop(registry, None) or self._make(registry)
        # The one that was asked for last comes last.
        known[registry] = endpoint
        return endpoint

    def at_once(self, calls: int) -> None:
        """Let each registry have slots for so many *calls* in flight; see Throttle.at_once."""
        self._calls = calls
        for endpoint in (*self._configured.values(), *self._others.values()):
            endpoint.throttle.at_once(calls)

    async def forget(self) -> None:
        """Forget registries that were not asked for in a long while, if there are too many.

        One that is configured, is in use, or is spared something for a while yet, is never forgotten.
        """
        while len(self._others) > MAX_OTHERS:
            registry = next((name for name, endpoint in self._others.items() if endpoint.forgettable), None)
            if registry is None:
                return
            await self._others.pop(registry).aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        for endpoint in (*self._configured.values(), *self._others.values()):
            await endpoint.aclose()

    def _make(self, registry: str) -> Endpoint:
        async def send(request: Request) -> Answer:
            return await self._ask(made, request)

        made = Endpoint(self._hosts.find(registry), self._connect, send, self._observer, self._meter)
        made.throttle.at_once(self._calls)
        return made
