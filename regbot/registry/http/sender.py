"""One request on its way: to the registry, with who we are, and on to wherever its answers lead.

Whether there is a free slot, and whether it is tried again, is not known here (client.py).
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final

from regbot.registry.errors import RegistryError
from regbot.registry.http import causes, faults, unwelcome
from regbot.registry.http.exchange import TIMEOUTS, Answer, Body, Request
from regbot.registry.http.outgoing import Stream, Whole, answered
from regbot.registry.manifest import RateLimit
from regbot.registry.observer import Unmetered

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from regbot.registry.http.endpoint import Endpoint
    from regbot.registry.http.exchange import Timeouts
    from regbot.registry.http.notices import Notices
    from regbot.registry.observer import Meter

MAX_TOKEN: Final = 1 << 20
"""Bytes of a token server's answer."""
MAX_REDIRECTS: Final = 5
READING: Final = frozenset({"GET", "HEAD"})

_TURNED_AWAY: Final = frozenset({400, 401})
"""Statuses of an answer to who may have to say something else of who he is: some answer 400 to an expired token."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Sender:
    """Sends requests, and tells *meter* of each; *wall* returns the time of day, in seconds since 1970."""

    def __init__(
        self,
        user_agent: str,
        notices: Notices,
        *,
        meter: Meter | None = None,
        timeouts: Timeouts = TIMEOUTS,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._meter = meter or Unmetered()
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "identity"}
        self._notices, self._timeouts, self._wall = notices, timeouts, wall

    async def answer(self, endpoint: Endpoint, request: Request) -> tuple[int, Body]:
        """Send a request, return status and body of an answer that is `ok`; any other is a RegistryError.

        The body is to be closed.
        """
        response, url = await self._follow(endpoint, request)
        body = self._body(request, response)
        if response.status_code in request.ok:
            return response.status_code, body
        try:
            raise await unwelcome.refusal(endpoint, request, response, body, url, now=self._wall())
        finally:
            await body.aclose()

    async def ask(self, endpoint: Endpoint, request: Request) -> Answer:
        """Send a request of the endpoint's auth to a token server: with nothing of ours that it does not hold."""
        response = await self._once(endpoint, request, request.url, {})
        body = self._body(request, response)
        try:
            data = await body.read(MAX_TOKEN)
        finally:
            await body.aclose()
        if response.status_code not in request.ok:
            again = faults.retry_after(response.status_code, response.headers, self._wall())
            data = data[: faults.MAX_ERROR_BODY]
            masked = unwelcome.hider(endpoint, request, request.url)
            raise faults.refusal(response.status_code, data, request.where, retry_after=again, hide=masked)
        return Answer(response.status_code, response.headers, data, request.url)

    async def _follow(self, endpoint: Endpoint, request: Request) -> tuple[httpx.Response, httpx.URL]:
        """Send a request, and again wherever the answers lead; return the last answer and where it came from."""
        url = request.url
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._authorized(endpoint, request, url)
            if response.status_code not in _REDIRECTS or request.method not in READING:
                return response, url
            await self._finish(request, response)
            url = request.target(url, response.headers.get("Location", ""))
            if not (endpoint.is_home(url) or request.may_lead_to(url)):
                shown = faults.shown("the answer leads to", url)
                raise request.fault(RegistryError, "REDIRECTED", f"{shown}, which is not the same at another registry")
        raise request.fault(RegistryError, "REDIRECTED", f"more than {MAX_REDIRECTS} redirects")

    async def _authorized(self, endpoint: Endpoint, request: Request, url: httpx.URL) -> httpx.Response:
        """Send a request once, and once more if its answer taught us to say something else of who we are."""
        if not endpoint.is_home(url):
            return await self._once(endpoint, request, url, {})
        async with endpoint.auth.headers(request) as said:
            response = await self._say(endpoint, request, url, said)
        if response.status_code not in _TURNED_AWAY:
            return response
        turned_away = self._body(request, response)
        try:
            async with endpoint.auth.headers(request) as better:
                if better == said or not better:
                    return response
                await turned_away.read(faults.MAX_ERROR_BODY)
                await turned_away.aclose()
                if not request.streams:
                    return await self._say(endpoint, request, url, better)
        except BaseException:
            await turned_away.aclose()
            raise
        # The body is gone.  Whoever sent it has it still, and another try will say who we are.
        raise faults.refusal(response.status_code, b"", request.where, "the login was renewed", temporary=True)

    async def _say(self, endpoint: Endpoint, request: Request, url: httpx.URL, said: dict[str, str]) -> httpx.Response:
        """Send a request to the registry itself, and have its auth hear of the answer."""
        response = await self._once(endpoint, request, url, said)
        status = response.status_code
        endpoint.auth.heard(request, status, unwelcome.challenges(response) if status == 401 else (), said)
        return response

    async def _once(
        self, endpoint: Endpoint, request: Request, url: httpx.URL, credentials: dict[str, str]
    ) -> httpx.Response:
        await endpoint.throttle.pace()
        home = endpoint.is_home(url)
        wire = request.wire(url, self._headers | credentials if home else self._headers, self._timeouts)
        if request.body:
            assert isinstance(wire.stream, Whole | Stream), "that is what bodies are made of"
            wire.stream.sent = partial(self._meter.sent, request.registry)
        status = 0
        try:
            response = await answered(endpoint.transport(elsewhere=not home), wire)
            status = response.status_code
        except causes.NETWORK_ERRORS as exc:
            raise unwelcome.unanswered(exc, endpoint, request, url) from exc
        finally:
            self._meter.requested(request.registry, status)
        if home:
            self._measure(request.registry, response.headers)
            self._notices.take(request.registry, response.headers, unwelcome.hider(endpoint, request, url))
        return response

    def _body(self, request: Request, response: httpx.Response) -> Body:
        return Body(request, response, partial(self._meter.received, request.registry))

    def _measure(self, registry: str, headers: httpx.Headers) -> None:
        """Tell how many pulls are left, where a registry says so."""
        if "RateLimit-Remaining" in headers and (rate := RateLimit.parse(headers)).known:
            self._meter.remaining(registry, rate.remain)

    async def _finish(self, request: Request, response: httpx.Response) -> None:
        """Read what is left of an answer that nobody wants, so that its connection can be used again."""
        body = self._body(request, response)
        try:
            await body.read(faults.MAX_ERROR_BODY)
        finally:
            await body.aclose()
