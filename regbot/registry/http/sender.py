"""One request on its way: to the registry, with who we are, and on to wherever its answers lead.

Whether there is a free slot, and whether it is tried again, is not known here (client.py).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from regbot.registry.auth.challenges import Challenge, parse_challenges
from regbot.registry.credentials import hide
from regbot.registry.errors import RegistryError
from regbot.registry.http import causes, faults
from regbot.registry.http.exchange import TIMEOUTS, Answer, Body, Request
from regbot.registry.http.outgoing import answered
from regbot.registry.http.transport import proxy_for, proxy_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from regbot.registry.errors import Unreachable
    from regbot.registry.http.endpoint import Endpoint
    from regbot.registry.http.exchange import Timeouts
    from regbot.registry.http.notices import Notices

MAX_TOKEN: Final = 1 << 20
"""Bytes of a token server's answer."""
MAX_REDIRECTS: Final = 5
READING: Final = frozenset({"GET", "HEAD"})

_TURNED_AWAY: Final = frozenset({400, 401})
"""Statuses of an answer to who may have to say something else of who he is: some answer 400 to an expired token."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NOT_TLS: Final = b"HTTP request to an HTTPS server"


class Sender:
    """Sends requests; *wall* returns the time of day, in seconds since 1970."""

    def __init__(
        self,
        user_agent: str,
        notices: Notices,
        *,
        timeouts: Timeouts = TIMEOUTS,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "identity"}
        self._notices, self._timeouts, self._wall = notices, timeouts, wall

    async def answer(self, endpoint: Endpoint, request: Request) -> tuple[int, Body]:
        """Send a request, return status and body of an answer that is `ok`; any other is a RegistryError.

        The body is to be closed.
        """
        response, url = await self._follow(endpoint, request)
        body = Body(request, response)
        if response.status_code in request.ok:
            return response.status_code, body
        try:
            raise await self._refusal(endpoint, request, response, body, url)
        finally:
            await body.aclose()

    async def ask(self, endpoint: Endpoint, request: Request) -> Answer:
        """Send a request of the endpoint's auth to a token server: with nothing of ours that it does not hold."""
        response = await self._once(endpoint, request, request.url, {})
        body = Body(request, response)
        try:
            data = await body.read(MAX_TOKEN)
        finally:
            await body.aclose()
        if response.status_code not in request.ok:
            again = self._again(response)
            data = data[: faults.MAX_ERROR_BODY]
            masked = _hider(endpoint, request, request.url)
            raise faults.refusal(response.status_code, data, request.where, retry_after=again, hide=masked)
        return Answer(response.status_code, response.headers, data, request.url)

    async def _follow(self, endpoint: Endpoint, request: Request) -> tuple[httpx.Response, httpx.URL]:
        """Send a request, and again wherever the answers lead; return the last answer and where it came from."""
        url = request.url
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._authorized(endpoint, request, url)
            if response.status_code not in _REDIRECTS or request.method not in READING:
                return response, url
            await _finish(request, response)
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
        turned_away = Body(request, response)
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
        endpoint.auth.heard(request, status, _challenges(response) if status == 401 else (), said)
        return response

    async def _once(
        self, endpoint: Endpoint, request: Request, url: httpx.URL, credentials: dict[str, str]
    ) -> httpx.Response:
        await endpoint.throttle.pace()
        home = endpoint.is_home(url)
        wire = request.wire(url, self._headers | credentials if home else self._headers, self._timeouts)
        try:
            response = await answered(endpoint.transport(elsewhere=not home), wire)
        except causes.NETWORK_ERRORS as exc:
            raise _unanswered(exc, endpoint, request, url) from exc
        if home:
            self._notices.take(request.registry, response.headers, _hider(endpoint, request, url))
        return response

    async def _refusal(
        self, endpoint: Endpoint, request: Request, response: httpx.Response, body: Body, url: httpx.URL
    ) -> RegistryError:
        status, again = response.status_code, self._again(response)
        if not endpoint.is_home(url):
            # The registry picked the place: what is said there is nothing that a script could have asked for.
            hint = f"said by {url.raw_host.decode()}, where the registry's answers led"
            return faults.refusal(status, b"", request.where, hint, retry_after=again)
        data, whole = await _beginning(body)
        hint = ""
        if status == 401:
            hint = endpoint.auth.fault(request, _challenges(response))
        elif _NOT_TLS in data:
            hint = "it speaks TLS: configure tls: enabled"
        # Without its code an error may be taken for another one; who is turned away does not come back for it.
        passes = not whole and status not in {401, 403}
        masked = _hider(endpoint, request, url)
        return faults.refusal(status, data, request.where, hint, temporary=passes, retry_after=again, hide=masked)

    def _again(self, response: httpx.Response) -> float | None:
        return faults.retry_after(response.status_code, response.headers, self._wall())


def _hider(endpoint: Endpoint, request: Request, url: httpx.URL) -> faults.Hide:
    """Return what masks all that was sent with *request* to *url*: some servers, and proxies, repeat it."""

    def masked(text: str) -> str:
        return hide(text, [*endpoint.auth.secrets(request), *request.secrets, *proxy_secrets(url)])

    return masked


def _unanswered(exc: BaseException, endpoint: Endpoint, request: Request, url: httpx.URL) -> Unreachable:
    elsewhere = "" if endpoint.is_home(url) else url.netloc.decode()
    masked = _hider(endpoint, request, url)
    return faults.unreachable(exc, request.where, elsewhere=elsewhere, proxy=proxy_for(url)[0], hide=masked)


def _challenges(response: httpx.Response) -> list[Challenge]:
    return parse_challenges(", ".join(response.headers.get_list("WWW-Authenticate")))


async def _beginning(body: Body) -> tuple[bytes, bool]:
    """Return what there is of an error's body, and whether it did not break off before that was known."""
    try:
        return (await body.read(faults.MAX_ERROR_BODY))[: faults.MAX_ERROR_BODY], True
    except RegistryError:
        return b"", False


async def _finish(request: Request, response: httpx.Response) -> None:
    """Read what is left of an answer that nobody wants, so that its connection can be used again."""
    body = Body(request, response)
    try:
        await body.read(faults.MAX_ERROR_BODY)
    finally:
        await body.aclose()
