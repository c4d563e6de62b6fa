"""What lies behind the errors of the network: what happened, whether it passes, and what might be done about it."""

from __future__ import annotations

import socket
import ssl
from typing import Final

import httpcore
import httpx
import trio

from regbot.registry.http.guard import LinkLocal

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
_GARBLED: Final = frozenset({"UNEXPECTED_EOF_WHILE_READING", "DECRYPTION_FAILED_OR_BAD_RECORD_MAC"})
"""How it calls what may be the network's fault; all else of TLS is a matter of settings."""
_IDENTIFY: Final = frozenset(
    {"TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_HANDSHAKE_FAILURE"}
)
"""How it calls what servers say to who shows no certificate, or one that they do not know."""
_VIOLATIONS: Final = (
    "illegal header",
    "conflicting Content-Length",
    "bad Content-Length",
    "multiple Transfer-Encoding",
    "Only Transfer-Encoding",
    "Receive buffer too long",
)
"""How the words begin for what a server does to HTTP by intention; all else may be the network's fault."""
_BUSY: Final = ("408", "429", "500", "502", "503", "504")
"""What begins the words of a proxy that may be well again a little later."""


def passes(exc: BaseException) -> bool:
    """Say whether the same may well succeed a little later."""
    below = root(exc)
    match below:
        case ssl.SSLError():
            return isinstance(below, ssl.SSLEOFError) or _reason(below) in _GARBLED
        case socket.gaierror():
            return below.errno == socket.EAI_AGAIN
        case httpcore.ProxyError():
            # httpcore's message begins with the status that the proxy answered.
            return str(below).startswith(_BUSY)
        case LinkLocal() | PermissionError() | UnicodeError():
            return False
    if isinstance(exc, httpcore.RemoteProtocolError):
        return not str(below).startswith(_VIOLATIONS)
    return not isinstance(exc, httpcore.UnsupportedProtocol | httpcore.LocalProtocolError)


def root(exc: BaseException) -> BaseException:
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


def cause(exc: BaseException) -> str:
    """Return what happened."""
    below = root(exc)
    match below:
        case ssl.SSLCertVerificationError():
            found = below.verify_message
        case ssl.SSLError() if _reason(below) in _PLAIN:
            found = "it does not speak TLS"
        case ssl.SSLError():
            found = f"TLS failed: {_reason(below) or below}"
        case socket.gaierror():
            found = f"its name does not resolve: {below.strerror}"
        case ConnectionRefusedError():
            found = "the connection was refused"
        case OSError() if below.strerror:
            found = below.strerror
        case LinkLocal():
            found = str(below)
        case _ if isinstance(exc, _TIMEOUTS):
            found = "it took too long"
        case _:
            found = str(below) or type(below).__name__
    return found


def advice(exc: BaseException, registry: str, elsewhere: str) -> str:
    """Return what might be done about it, "" if nothing is known; *elsewhere* is a host that *registry* led to."""
    match root(exc):
        case ssl.SSLError() as failure:
            return _tls_advice(failure, registry, elsewhere)
        case socket.gaierror():
            return "is it spelled right?"
        case ConnectionRefusedError():
            return "is it running, and is the port right?"
    return ""


def _tls_advice(failure: ssl.SSLError, registry: str, elsewhere: str) -> str:
    reason, found = _reason(failure), ""
    if isinstance(failure, ssl.SSLCertVerificationError):
        # A registry's authorities are trusted elsewhere, too, but there are no settings for such a host.
        found = f"regcert of {registry} names the CA to trust"
        if not elsewhere:
            found = "regcert names the CA to trust, tls: insecure trusts any"
    elif not elsewhere and reason in _PLAIN:
        found = "if it speaks plain HTTP, configure tls: disabled"
    elif not elsewhere and reason in _IDENTIFY:
        found = "if it wants a client certificate, configure clientCert and clientKey"
    return found
