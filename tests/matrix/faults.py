"""All that can go wrong with one request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Final, TypeAlias

import trio

from tests import images
from tests.matrix import manners
from tests.model.message import Answerer, Asked, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.model.message import Manner

EPOCH: Final = 1_800_000_000.0
"""The time of day, in seconds since 1970, when trio's clock says 0."""
EVIL: Final = "evil.test"
"""A host that no credential may reach."""
WAIT: Final = 7
"""Seconds that a registry wants to be left alone."""

Strike: TypeAlias = Callable[[Answerer, Asked], Awaitable[Reply]]
"""Answers a request wrongly; it may well ask the registry first."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request.  *passing*: where it happens once, the operation must succeed all the same.

    *lies* says that the answer is not what the registry said, and looks like one; *shown* is what an error about it
    must say; *refuses*: there is no connection.
    """

    name: str
    strike: Strike
    passing: bool = True
    lies: bool = False
    shown: str = ""
    refuses: bool = False


def sent(manner: Manner) -> Strike:
    """Have the registry do what was asked, and the answer go in its own way."""

    async def strike(answerer: Answerer, asked: Asked) -> Reply:
        return replace(await answerer(asked), manner=manner)

    return strike


def unheard(manner: Manner) -> Strike:
    """Never let the registry know."""

    async def strike(_: Answerer, asked: Asked) -> Reply:
        await _drop(asked)
        return Reply(manner=manner)

    return strike


def said(status: int, headers: Callable[[], Mapping[str, str]] = dict, *, done: bool = False) -> Strike:
    """Answer with an error, *done* or not."""

    async def strike(answerer: Answerer, asked: Asked) -> Reply:
        await (answerer(asked) if done else _drop(asked))
        return Reply(status, {"Content-Type": "text/html", **headers()}, b"<html>not now</html>")

    return strike


def altered(change: Callable[[Reply], Reply]) -> Strike:
    """Change the registry's answer."""

    async def strike(answerer: Answerer, asked: Asked) -> Reply:
        return change(await answerer(asked))

    return strike


async def break_in(answerer: Answerer, asked: Asked) -> Reply:
    """Break the connection in the middle of the request's body, or before it where it has none."""
    half = int(asked.headers.get("content-length", "0")) // 2
    await answerer(replace(asked, body=_Broken(asked.body, half)))
    return Reply(manner=manners.reset)


class _Broken:
    """The first *size* bytes of a body, and then a broken connection."""

    def __init__(self, body: AsyncIterator[bytes], size: int) -> None:
        self._body, self._left = body, size

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece = (await anext(self._body, b""))[: self._left] if self._left else b""
        self._left -= len(piece)
        if not piece:
            raise trio.BrokenResourceError
        return piece


async def _drop(asked: Asked) -> None:
    async for _ in asked.body:
        pass


def _now() -> float:
    return EPOCH + trio.current_time()


def _shorten(reply: Reply) -> Reply:
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def _misprint(reply: Reply) -> Reply:
    """Change one byte of the body, or the digest that is said where there is none."""
    if not reply.body:
        return replace(reply, headers={**reply.headers, "Docker-Content-Digest": images.digest(b"another")})
    middle = len(reply.body) // 2
    byte = bytes([reply.body[middle] ^ 1])
    return replace(reply, body=reply.body[:middle] + byte + reply.body[middle + 1 :])


def _redirect(host: str) -> Strike:
    async def strike(_: Answerer, asked: Asked) -> Reply:
        await _drop(asked)
        return Reply(307, {"Location": f"http://{host or asked.host}{asked.target}"})

    return strike


_LATER: Final[Mapping[str, Callable[[], Mapping[str, str]]]] = {
    "": dict,
    " seconds": lambda: {"Retry-After": str(WAIT)},
    " date": lambda: {"Retry-After": formatdate(_now() + WAIT, usegmt=True)},
    " epoch": lambda: {"Retry-After": str(int(_now() + WAIT))},
    " milliseconds": lambda: {"Retry-After": str(int(1000 * (_now() + WAIT)))},
    " X-Retry-After": lambda: {"X-Retry-After": str(int(_now() + WAIT))},
    " RateLimit-Reset": lambda: {"RateLimit-Limit": "100;w=60", "RateLimit-Remaining": "0", "RateLimit-Reset": "7"},
}
"""Ways to say when to ask again."""

FAULTS: Final = (
    Fault("refused", unheard(manners.hang_up), refuses=True, shown="refused"),
    Fault("reset before", unheard(manners.reset)),
    Fault("reset after", sent(manners.reset)),
    Fault("reset mid-body", sent(manners.cut_and_reset)),
    Fault("reset mid-request", break_in),
    Fault("closed before", unheard(manners.hang_up)),
    Fault("closed after", sent(manners.hang_up)),
    Fault("truncated", sent(manners.cut)),
    Fault("stall before", unheard(manners.stall)),
    Fault("stall after", sent(manners.stall)),
    Fault("stall mid-body", sent(manners.cut_and_stall)),
    Fault("slow drip", sent(manners.drip), passing=False),
    Fault("slow drip of the body", sent(manners.drip_body), passing=False),
    *(Fault(f"429{name}", said(429, headers), shown="429") for name, headers in _LATER.items()),
    *(Fault(str(status), said(status), shown=str(status)) for status in (408, 500, 502, 503, 504)),
    Fault("503 seconds", said(503, _LATER[" seconds"]), shown="503"),
    Fault("504 after", said(504, done=True), shown="504"),
    Fault("401", said(401, lambda: {"WWW-Authenticate": 'Basic realm="x"'}), passing=False, shown="401"),
    Fault("403", said(403), passing=False, shown="403"),
    Fault("wrong digest", altered(_misprint), passing=False, lies=True),
    Fault("shorter", altered(_shorten), passing=False, lies=True),
    Fault("longer", altered(lambda reply: replace(reply, body=reply.body * 2 + b" ")), passing=False, lies=True),
    Fault("length overstated", sent(manners.overstate), passing=False, lies=True),
    Fault("length understated", sent(manners.understate), passing=False, lies=True),
    Fault("garbage JSON", altered(lambda reply: replace(reply, body=b'{"name": [1, {"')), passing=False, lies=True),
    Fault("huge body", sent(manners.swell), passing=False, lies=True),
    Fault("redirect loop", _redirect(""), passing=False),
    Fault("redirect away", _redirect(EVIL), passing=False),
)  # fmt: skip
