"""What becomes of a request that is refused, or gets no answer: errors that say why, and repeat no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.registry.auth.challenges import Challenge, parse_challenges
from regbot.registry.credentials import hide
from regbot.registry.errors import RegistryError
from regbot.registry.http import faults
from regbot.registry.http.transport import proxy_for, proxy_secrets

if TYPE_CHECKING:
    import httpx

    from regbot.registry.errors import Unreachable
    from regbot.registry.http.endpoint import Endpoint
    from regbot.registry.http.exchange import Body, Request

_NOT_TLS: Final = b"HTTP request to an HTTPS server"


async def refusal(  # noqa: PLR0913 -- what was asked of whom, and what came
    endpoint: Endpoint, request: Request, response: httpx.Response, body: Body, url: httpx.URL, *, now: float
) -> RegistryError:
    """Return the error for an answer from *url*; *now* is the time of day, in seconds since 1970."""
    status = response.status_code
    again = faults.retry_after(status, response.headers, now)
    if not endpoint.is_home(url):
        # The registry picked the place: what is said there is nothing that a script could have asked for.
        hint = f"said by {url.raw_host.decode()}, where the registry's answers led"
        return faults.refusal(status, b"", request.where, hint, retry_after=again)
    data, whole = await _beginning(body)
    hint = ""
    if status == 401:
        hint = endpoint.auth.fault(request, challenges(response))
    elif _NOT_TLS in data:
        hint = "it speaks TLS: configure tls: enabled"
    # Without its code an error may be taken for another one; who is turned away does not come back for it.
    passes = not whole and status not in {401, 403}
    masked = hider(endpoint, request, url)
    return faults.refusal(status, data, request.where, hint, temporary=passes, retry_after=again, hide=masked)


def unanswered(exc: BaseException, endpoint: Endpoint, request: Request, url: httpx.URL) -> Unreachable:
    """Return the error for a request that got no answer from *url*."""
    elsewhere = "" if endpoint.is_home(url) else url.netloc.decode()
    masked = hider(endpoint, request, url)
    return faults.unreachable(exc, request.where, elsewhere=elsewhere, proxy=proxy_for(url)[0], hide=masked)


def challenges(response: httpx.Response) -> list[Challenge]:
    """Return the ways to log in that an answer offers."""
    return parse_challenges(", ".join(response.headers.get_list("WWW-Authenticate")))


def hider(endpoint: Endpoint, request: Request, url: httpx.URL) -> faults.Hide:
    """Return what masks all that was sent with *request* to *url*: some servers, and proxies, repeat it."""

    def masked(text: str) -> str:
        return hide(text, [*endpoint.auth.secrets(request), *request.secrets, *proxy_secrets(url)])

    return masked


async def _beginning(body: Body) -> tuple[bytes, bool]:
    """Return what there is of an error's body, and whether it did not break off before that was known."""
    try:
        return (await body.read(faults.MAX_ERROR_BODY))[: faults.MAX_ERROR_BODY], True
    except RegistryError:
        return b"", False
