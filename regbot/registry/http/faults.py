"""From what a registry answered, or the network did, to the errors of errors.py."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias

from regbot.registry.errors import NotFound, RegistryError, Unreachable, Unverified, Where
from regbot.registry.http import causes
from regbot.registry.jsontext import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from regbot.registry.jsontext import Object

Hide: TypeAlias = "Callable[[str], str]"
"""Masks what is secret in a text; `str` has no secrets."""

MAX_ERROR_BODY: Final = 64 << 10
"""Bytes of an error's body that are read."""
MAX_SHOWN: Final = 500
"""Characters of it that are shown."""

TEMPORARY: Final = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses after which the same request may well succeed."""

_MISSING: Final = frozenset({"NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"})

_DATES_BEGIN: Final = 1e8
"""Seconds of a wait that would be years: from here on a number is the time of day since 1970."""
_MILLISECONDS_BEGIN: Final = 1e11
_NUMBER: Final = re.compile(r"\s*([0-9]{1,20}(?:\.[0-9]{1,9})?)\s*(?:[;,].*)?")
_AGAIN: Final = ("Retry-After", "X-Retry-After")
_RESET: Final = ("RateLimit-Reset", "X-RateLimit-Reset")


def shown(method: str, url: httpx.URL) -> str:
    """Return "METHOD URL" without what may hold a secret: the query, and a user before the host."""
    top = f"{url.scheme}://{url.netloc.decode()}" if url.scheme else ""
    return f"{method} {top}{url.raw_path.partition(b'?')[0].decode()}"[:MAX_SHOWN]


def refusal(  # noqa: PLR0913 -- what came, and what is made of it
    status: int,
    body: bytes,
    where: Where,
    hint: str = "",
    *,
    temporary: bool = False,
    retry_after: float | None = None,
    hide: Hide = str,
) -> RegistryError:
    """Return the error for an answer of *status*; *where* are `registry`, `repository` and `request`.

    OCI distribution specification, "Error Codes".
    """
    code, text = _said(body, hide)
    said = f"{status} {code}".rstrip() + f": {text or _phrase(status)}"
    message = f"{where['request']}: {said}" + (f" ({hint})" if hint else "")
    missing = status == 404 or (400 <= status < 500 and code in _MISSING)
    kind, temporary = NotFound if missing else RegistryError, temporary or status in TEMPORARY
    return kind(message, status=status, code=code, temporary=temporary, retry_after=retry_after, **where)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _said(body: bytes, hide: Hide) -> tuple[str, str]:
    """Return code and message of an error's body; where it is not of the specification's form, its text."""
    errors: object = None
    with suppress(Unverified):
        errors = parse_object(body, "an error").get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return "", printable(hide(body.decode("utf-8", "replace")))
    # What is cut or folded first would not be found any more.
    return printable(hide(_text(first, "code")))[:64], printable(hide(_text(first, "message")))


def _text(tree: Object, key: str) -> str:
    value = tree.get(key)
    return value if isinstance(value, str) else ""


def printable(text: str) -> str:
    """Return *text* on one line, without control characters, cut to what is shown."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * MAX_SHOWN])
    return " ".join(kept.split())[:MAX_SHOWN]


def unreachable(
    exc: BaseException, where: Where, *, elsewhere: str = "", proxy: str = "", hide: Hide = str
) -> Unreachable:
    """Return the error for a request that got no answer: from the registry itself, or from the host *elsewhere*.

    *proxy* is the variable that names the proxy for it, if there is one.
    """
    # Only to the proxy itself did we connect.
    if proxy and isinstance(causes.root(exc), socket.gaierror | ConnectionRefusedError):
        return _broken(exc, where, f"no answer from the proxy of {proxy}", elsewhere=elsewhere, hide=hide)
    way = f" through the proxy of {proxy}" if proxy else ""
    return _broken(exc, where, f"no answer from {elsewhere or where['registry']}{way}", elsewhere=elsewhere, hide=hide)


def broken_off(exc: BaseException, where: Where, count: int) -> Unreachable:
    """Return the error for an answer that ended after *count* bytes of its body."""
    return _broken(exc, where, f"the answer broke off after {count} bytes")


def _broken(exc: BaseException, where: Where, what: str, *, elsewhere: str = "", hide: Hide = str) -> Unreachable:
    why, hint = printable(hide(causes.cause(exc))), causes.advice(exc, where["registry"], elsewhere)
    message = f"{where['request']}: {what}: {why}" + (f" ({hint})" if hint else "")
    return Unreachable(message, code="UNREACHABLE", temporary=causes.passes(exc), **where)


def retry_after(status: int, headers: httpx.Headers, now: float) -> float | None:
    """Return in how many seconds a registry wants to be asked again; None if it does not say.

    *now* is the time of day, in seconds since 1970.  RFC 9110, 10.2.3, and what else is in use: a time since 1970 in
    seconds or milliseconds; with 429 also when the limit is lifted.
    """
    for name in _AGAIN + (_RESET if status == 429 else ()):
        seconds = _seconds(headers.get(name, ""), now)
        if seconds is not None:
            return max(seconds, 0.0)
    return None


def _seconds(text: str, now: float) -> float | None:
    if match := _NUMBER.fullmatch(text):
        number = float(match[1])
        if number >= _MILLISECONDS_BEGIN:
            number /= 1000
        return number - now if number >= _DATES_BEGIN else number
    with suppress(ValueError, TypeError, OverflowError):
        date = parsedate_to_datetime(text[:64])
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    return None
