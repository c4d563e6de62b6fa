"""From what a registry answered, or the network did, to the errors of errors.py."""

from __future__ import annotations

import socket
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import httpcore
import httpx
import trio

from regbot.registry.errors import NotFound, RegistryError, Unreachable, Unverified, Where
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

_TIMEOUTS: Final = (httpcore.TimeoutException, httpx.TimeoutException, trio.TooSlowError)
_PLAIN: Final = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})
"""How OpenSSL calls an answer that is no TLS."""
_MISSING: Final = frozenset({"NAME_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"})


def shown(method: str, url: httpx.URL) -> str:
    """Return "METHOD URL" without what may hold a secret: the query, and a user before the host."""
    return f"{method} {url.copy_with(query=None, fragment=None, userinfo=b'')}"[:MAX_SHOWN]


def refusal(status: int, body: bytes, where: Where, hint: str = "") -> RegistryError:
    """Return the error for an answer of *status*; *where* are `registry`, `repository` and `request`.

    OCI distribution specification, "Error Codes".
    """
    code, text = _said(body)
    said = f"{status} {code}".rstrip() + f": {text or _phrase(status)}"
    message = f"{where['request']}: {said}" + (f" ({hint})" if hint else "")
    missing = status == 404 or (400 <= status < 500 and code in _MISSING)
    return (NotFound if missing else RegistryError)(message, status=status, code=code, **where)


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
    cause = _root(exc)
    what, hint = _cause(exc, cause)
    message = f"{where['request']}: no answer from {where['registry']}: {what}" + (f" ({hint})" if hint else "")
    return Unreachable(message, code="UNREACHABLE", **where)


def _root(exc: BaseException) -> BaseException:
    """Return what lies below the errors of the libraries."""
    while True:
        below = exc.__cause__ or exc.__context__
        if below is None and isinstance(exc, BaseExceptionGroup):
            below = exc.exceptions[0]
        if below is None or isinstance(below, trio.Cancelled):
            return exc
        exc = below


def _cause(exc: BaseException, root: BaseException) -> tuple[str, str]:
    """Return what happened, and what might be done about it."""
    match root:
        case ssl.SSLCertVerificationError():
            found = root.verify_message, "regcert names the CA to trust, tls: insecure trusts any"
        case ssl.SSLError() if root.reason in _PLAIN:
            found = "it does not speak TLS", "if it speaks plain HTTP, configure tls: disabled"
        case ssl.SSLError():
            found = f"TLS failed: {root.reason or root}", ""
        case socket.gaierror():
            found = f"its name does not resolve: {root.strerror}", "is it spelled right?"
        case ConnectionRefusedError():
            found = "the connection was refused", "is it running, and is the port right?"
        case OSError() if root.strerror:
            found = root.strerror, ""
        case _ if isinstance(exc, _TIMEOUTS):
            found = "it took too long", ""
        case _:
            found = printable(str(root)) or type(root).__name__, ""
    return found
