"""From what a registry answered, or the network did, to the errors of errors.py."""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import httpcore
import httpx
import trio

from regbot.registry.errors import NotFound, RegistryError, Unreachable, Unverified, Where
from regbot.registry.guard import LinkLocal
from regbot.registry.jsontext import parse_object

if TYPE_CHECKING:
    from regbot.registry.jsontext import Object

MAX_ERROR_BODY: Final = 64 << 10
"""Bytes of an error's body that are read."""
MAX_SHOWN: Final = 500
"""Characters of it that are shown."""

NETWORK_ERRORS: Final = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpx.TransportError,
    trio.TooSlowError,
    ssl.SSLError,
    OSError,
    UnicodeError,  # a host that cannot be a name in the DNS
)
"""What sending a request, or reading an answer, raises when the way to the registry is at fault."""

TEMPORARY: Final = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses after which the same request may well succeed."""

_TIMEOUTS: Final = (httpcore.TimeoutException, httpx.TimeoutException, trio.TooSlowError)
_PLAIN: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})
"""How OpenSSL calls an answer that is no TLS."""
_GARBLED: Final = frozenset({"UNEXPECTED_EOF_WHILE_READING", "DECRYPTION_FAILED_OR_BAD_RECORD_MAC"})
"""How it calls what may be the network's fault; all else of TLS is a matter of settings."""
_MISSING: Final = frozenset({"NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"})

_DATES_BEGIN: Final = 1e8
"""Seconds of a wait that would be years: from here on a number is the time of day since 1970."""
_MILLISECONDS_BEGIN: Final = 1e11
_NUMBER: Final = re.compile(r"\s*([0-9]{1,20}(?:\.[0-9]{1,9})?)\s*(?:[;,].*)?")
_AGAIN: Final = ("Retry-After", "X-Retry-After")
_RESET: Final = ("RateLimit-Reset", "X-RateLimit-Reset")


def shown(method: str, url: httpx.URL) -> str:
    """Return "METHOD URL" without what may hold a secret: the query, and a user before the host."""
    return f"{method} {url.copy_with(query=None, fragment=None, userinfo=b'')}"[:MAX_SHOWN]


def refusal(  # noqa: PLR0913 -- what came, and what is made of it
    status: int,
    body: bytes,
    where: Where,
    hint: str = "",
    *,
    temporary: bool = False,
    retry_after: float | None = None,
) -> RegistryError:
    """Return the error for an answer of *status*; *where* are `registry`, `repository` and `request`.

    OCI distribution specification, "Error Codes".
    """
    code, text = _said(body)
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


def _said(body: bytes) -> tuple[str, str]:
    """Return code and message of an error's body; where it is not of the specification's form, its text."""
    try:
        errors = parse_object(body, "an error").get("errors")
    except Unverified:
        return "", printable(body.decode("utf-8", "replace"))
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return "", printable(body.decode("utf-8", "replace"))
    return _text(first, "code")[:64], _text(first, "message")


def _text(tree: Object, key: str) -> str:
    value = tree.get(key)
    return printable(value) if isinstance(value, str) else ""


def printable(text: str) -> str:
    """Return *text* on one line, without control characters, cut to what is shown."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * MAX_SHOWN])
    return " ".join(kept.split())[:MAX_SHOWN]


def unreachable(exc: BaseException, where: Where) -> Unreachable:
    """Return the error for a request that got no answer."""
    return _broken(exc, where, f"no answer from {where['registry']}")


def broken_off(exc: BaseException, where: Where, count: int) -> Unreachable:
    """Return the error for an answer that ended after *count* bytes of its body."""
    return _broken(exc, where, f"the answer broke off after {count} bytes")


def _broken(exc: BaseException, where: Where, what: str) -> Unreachable:
    cause = _root(exc)
    why, hint = _cause(exc, cause)
    message = f"{where['request']}: {what}: {why}" + (f" ({hint})" if hint else "")
    return Unreachable(message, code="UNREACHABLE", temporary=_passes(exc, cause), **where)


def _passes(exc: BaseException, root: BaseException) -> bool:
    """Say whether the same may well succeed a little later."""
    match root:
        case ssl.SSLError():
            return isinstance(root, ssl.SSLEOFError) or _reason(root) in _GARBLED
        case socket.gaierror():
            return root.errno == socket.EAI_AGAIN
        case httpcore.ProxyError():
            # httpcore's message begins with the status that the proxy answered.
            return any(str(root).startswith(str(status)) for status in TEMPORARY)
        case LinkLocal() | PermissionError() | UnicodeError():
            return False
    return not isinstance(exc, httpcore.UnsupportedProtocol | httpcore.LocalProtocolError)


def _root(exc: BaseException) -> BaseException:
    """Return what lies below the errors of the libraries."""
    while True:
        below = exc.__cause__ or exc.__context__
        if below is None and isinstance(exc, BaseExceptionGroup):
            below = exc.exceptions[0]
        if below is None or isinstance(below, trio.Cancelled):
            return exc
        exc = below


def _reason(error: ssl.SSLError) -> str:
    """Return OpenSSL's name of an error, "" for one that is Python's own."""
    return getattr(error, "reason", None) or ""


def _cause(exc: BaseException, root: BaseException) -> tuple[str, str]:
    """Return what happened, and what might be done about it."""
    match root:
        case ssl.SSLCertVerificationError():
            found = root.verify_message, "regcert names the CA to trust, tls: insecure trusts any"
        case ssl.SSLError() if _reason(root) in _PLAIN:
            found = "it does not speak TLS", "if it speaks plain HTTP, configure tls: disabled"
        case ssl.SSLError():
            found = f"TLS failed: {_reason(root) or root}", ""
        case socket.gaierror():
            found = f"its name does not resolve: {root.strerror}", "is it spelled right?"
        case ConnectionRefusedError():
            found = "the connection was refused", "is it running, and is the port right?"
        case OSError() if root.strerror:
            found = root.strerror, ""
        case LinkLocal():
            found = str(root), ""
        case _ if isinstance(exc, _TIMEOUTS):
            found = "it took too long", ""
        case _:
            found = printable(str(root)) or type(root).__name__, ""
    return found


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
