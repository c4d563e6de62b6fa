from __future__ import annotations

import socket
import ssl

import httpcore
import httpx
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry.errors import NotFound, RegistryError, Where
from regbot.registry.http import faults, guard

NOW = 1_800_000_000.0
"""Fri, 15 Jan 2027 08:00:00 GMT."""
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
        (caused(tls_error("TLSV13_ALERT_CERTIFICATE_REQUIRED")), "configure clientCert and clientKey"),
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
    ("error", "told"),
    [
        (caused(OSError(111, "Connection refused")), "no answer from cdn.test: the connection was refused"),
        (caused(certificate_error()), "self-signed certificate (regcert of a.example names the CA to trust)"),
        (caused(tls_error("WRONG_VERSION_NUMBER")), "it does not speak TLS"),
        (caused(tls_error("TLSV13_ALERT_CERTIFICATE_REQUIRED")), "TLS failed: TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    ],
)
def test_elsewhere(error: BaseException, told: str) -> None:
    """Who did not answer is named, and advice is given only where following it would help."""
    message = faults.unreachable(error, WHERE, elsewhere="cdn.test").message
    assert told in message
    assert ("configure" in message, "insecure" in message) == (False, False)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (caused(OSError(111, "Connection refused")), "no answer from the proxy of HTTPS_PROXY: the connection was"),
        (caused(socket.gaierror(-2, "unknown")), "no answer from the proxy of HTTPS_PROXY: its name does not"),
        (httpcore.ProxyError("502 no"), "no answer from a.example through the proxy of HTTPS_PROXY: 502 no"),
    ],
)
def test_proxy(error: BaseException, told: str) -> None:
    """A proxy is named by its variable, and blamed where it was not reached."""
    assert told in faults.unreachable(error, WHERE, proxy="HTTPS_PROXY").message


def test_hidden_first() -> None:
    """What is secret is masked before a text is folded or cut, wherever it stands."""
    secret = "two  spaces"

    def masked(text: str) -> str:
        return text.replace(secret, "***")

    for body in (
        b"%s %s" % (b"x" * 490, secret.encode()),
        b'{"errors":[{"code":"%s","message":"two  spaces"}]}' % (secret.encode()),
    ):
        message = faults.refusal(403, body, WHERE, hide=masked).message
        assert ("***" in message, "two" in message) == (True, False)
    assert faults.unreachable(httpcore.ProxyError(f"407 {secret}"), WHERE, hide=masked).message.endswith("407 ***")


@pytest.mark.parametrize(
    "error",
    [
        caused(OSError(111, "Connection refused")),
        caused(ExceptionGroup("", [OSError(113, "No route to host")])),
        caused(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")),
        caused(ssl.SSLEOFError(8, "[SSL: UNEXPECTED_EOF_WHILE_READING]")),
        caused(tls_error("UNEXPECTED_EOF_WHILE_READING")),
        ConnectionResetError(104, "Connection reset by peer"),
        httpcore.ConnectTimeout(""),
        httpcore.ReadTimeout(""),
        httpcore.RemoteProtocolError("Server disconnected"),
        httpcore.RemoteProtocolError("peer closed connection without sending complete message body"),
        httpcore.ProxyError("503 Service Unavailable"),
        trio.TooSlowError(),
    ],
    ids=repr,
)
def test_passes(error: BaseException) -> None:
    """What the network does may pass."""
    assert faults.unreachable(error, WHERE).temporary


@pytest.mark.parametrize(
    "error",
    [
        caused(certificate_error()),
        caused(tls_error("WRONG_VERSION_NUMBER")),
        caused(tls_error("TLSV13_ALERT_CERTIFICATE_REQUIRED")),
        caused(socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
        caused(PermissionError(1, "Operation not permitted")),
        caused(UnicodeError("label too long")),
        guard.LinkLocal("169.254.169.254"),
        httpcore.ProxyError("407 Proxy Authentication Required"),
        httpcore.LocalProtocolError("Illegal header value"),
        httpcore.UnsupportedProtocol("no"),
        *map(
            httpcore.RemoteProtocolError,
            ("illegal header line: bytearray(b'x')", "conflicting Content-Length headers", "bad Content-Length"),
        ),
    ],
    ids=repr,
)
def test_stays(error: BaseException) -> None:
    """What names, certificates and settings are at fault for is the same next time."""
    assert not faults.unreachable(error, WHERE).temporary


def test_broken_off() -> None:
    """An answer that ended early tells how much of it came."""
    found = faults.broken_off(httpcore.ReadError(), WHERE, 17)
    assert str(found) == f"{WHERE['request']}: the answer broke off after 17 bytes: ReadError"
    assert found.temporary


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("30;w=60", 30.0),
        ("1800000030", 30.0),
        ("1800000030000", 30.0),
        ("1700000000", 0.0),
        ("Fri, 15 Jan 2027 08:02:00 GMT", 120.0),
        ("Friday, 15-Jan-27 08:02:00 GMT", 120.0),
        ("Fri Jan 15 08:02:00 2027", 120.0),
        ("Fri, 15 Jan 2027 10:02:00 +0200", 120.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("\u0663", None),
        ("9" * 21, None),
        ("Fri, 15 Jan 99999 08:02:00 GMT", None),
        ("Fri, 99 Jan 2027 08:02:00 GMT", None),
    ],
    ids=ascii,
)
def test_retry_after(value: str, seconds: float | None) -> None:
    """When a registry wants to be asked again is understood in every form that is in use."""
    assert faults.retry_after(503, httpx.Headers({b"Retry-After": value.encode()}), NOW) == seconds


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (503, {"X-Retry-After": "7"}, 7.0),
        (503, {"Retry-After": "soon", "X-Retry-After": "7"}, 7.0),
        (429, {"Retry-After": "5", "RateLimit-Reset": "60"}, 5.0),
        (429, {"RateLimit-Reset": "60"}, 60.0),
        (429, {"X-RateLimit-Reset": "1800000060"}, 60.0),
        (503, {"RateLimit-Reset": "60"}, None),
        (429, {}, None),
    ],
)
def test_which_header(status: int, headers: dict[str, str], seconds: float | None) -> None:
    """The first header that says it counts; when a limit is lifted, only where that was the reason."""
    assert faults.retry_after(status, httpx.Headers(headers), NOW) == seconds


@given(st.text(st.characters(codec="latin-1"), max_size=80) | st.from_regex(r"[0-9A-Za-z ,:.+-]{1,40}", fullmatch=True))
def test_any_header(value: str) -> None:
    """Any header is a wait or none."""
    found = faults.retry_after(429, httpx.Headers({b"Retry-After": value.encode("latin-1")}), NOW)
    assert found is None or found >= 0


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_temporary(status: int) -> None:
    """A server that is busy or broken may be well again."""
    assert faults.refusal(status, b"", WHERE).temporary


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 501])
def test_not_temporary(status: int) -> None:
    """Any other refusal is the same next time."""
    assert not faults.refusal(status, b"", WHERE).temporary


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
