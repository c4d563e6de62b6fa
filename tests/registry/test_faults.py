from __future__ import annotations

import socket
import ssl

import httpcore
import httpx
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry import faults
from regbot.registry.errors import NotFound, RegistryError, Where

WHERE: Where = {"registry": "a.example", "repository": "x", "request": "GET https://a.example/v2/x"}


def caused(cause: BaseException) -> BaseException:
    """Return an error of httpcore's with a cause, as its backends raise them."""
    error = httpcore.ConnectError("")
    error.__cause__ = cause
    return error


def certificate_error() -> ssl.SSLCertVerificationError:
    """Return what a certificate of an unknown authority raises."""
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_message = "self-signed certificate"
    return error


def tls_error(reason: str) -> ssl.SSLError:
    """Return what OpenSSL raises for *reason*."""
    error = ssl.SSLError(1, "failed")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (caused(OSError(111, "Error connecting to (1, 2): Connection refused")), "was refused .is it running"),
        (caused(ExceptionGroup("", [OSError(113, "No route to host")])), "No route to host"),
        (caused(socket.gaierror(-2, "Name or service not known")), "does not resolve: Name or service not known"),
        (caused(certificate_error()), r"self-signed certificate \(regcert names the CA"),
        (caused(tls_error("WRONG_VERSION_NUMBER")), "configure tls: disabled"),
        (caused(tls_error("SSLV3_ALERT_HANDSHAKE_FAILURE")), "TLS failed: SSLV3_ALERT_HANDSHAKE_FAILURE"),
        (httpcore.ReadTimeout(""), "took too long"),
        (httpx.ReadTimeout(""), "took too long"),
        (trio.TooSlowError(), "took too long"),
        (httpcore.RemoteProtocolError("Server disconnected"), "Server disconnected"),
        (httpcore.ReadError(), "ReadError"),
    ],
)
def test_unreachable(error: BaseException, words: str) -> None:
    """What lies below the libraries' errors is told, and what may be done about it."""
    with pytest.raises(RegistryError, match=words):
        raise faults.unreachable(error, WHERE)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, b'{"errors":[{"code":"DENIED","message":"no"}]}', "403 DENIED: no"),
        (502, b"<h1>bad\r\n\x1b[31m gateway</h1>", r"502: <h1>bad \[31m gateway</h1>"),
        (500, b"", "500: Internal Server Error"),
        (599, b"", "599: no reason given"),
        (400, b'{"errors":[]}', "400: {"),
        (400, b'{"errors":[5]}', "400: {"),
        (400, b'{"errors":[{"code":5,"message":[]}]}', "400: Bad Request"),
    ],
)
def test_refusal(status: int, body: bytes, words: str) -> None:
    """An error says what the registry said, on one line."""
    assert faults.refusal(status, body, WHERE).message.startswith(WHERE["request"])
    with pytest.raises(RegistryError, match=words):
        raise faults.refusal(status, body, WHERE)


@pytest.mark.parametrize(("status", "code"), [(404, ""), (400, "MANIFEST_UNKNOWN"), (404, "NAME_UNKNOWN")])
def test_not_found(status: int, code: str) -> None:
    """A 404, and any code that says so, is NotFound."""
    body = b'{"errors":[{"code":"%s"}]}' % code.encode()
    assert isinstance(faults.refusal(status, body, WHERE), NotFound)


def test_server_error_is_not_not_found() -> None:
    """A server that fails says nothing about what exists."""
    assert not isinstance(faults.refusal(500, b'{"errors":[{"code":"NAME_UNKNOWN"}]}', WHERE), NotFound)


@given(st.integers(0, 999), st.binary(max_size=300))
def test_any_body(status: int, body: bytes) -> None:
    """Any answer is one printable, bounded line."""
    assert len(str(faults.refusal(status, body, WHERE))) < 800
    assert str(faults.refusal(status, body, WHERE)).isprintable()


def test_shown() -> None:
    """What is shown of a URL is neither its query nor its user."""
    url = httpx.URL("https://user:c4n4ry@a.example:5000/v2/x?token=c4n4ry#c4n4ry")
    assert faults.shown("GET", url) == "GET https://a.example:5000/v2/x"
