"""What a real server does with those who mean harm; each has a control in test_api.py, or beside it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from regbot.web.headers import STRICT
from tests.running import Running
from tests.web.site import API, CONFIG, TOKEN, events

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.site import Site


def raw(site: Site, sent: bytes) -> bytes:
    """Send bytes, return all that comes until the server hangs up."""
    with socket.create_connection((site.host, site.port), timeout=30) as made:
        made.sendall(sent)
        return b"".join(iter(lambda: made.recv(65536), b""))


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer x", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN]
)
@pytest.mark.parametrize(("method", "path"), [("GET", f"{API}/runs"), ("GET", "/metrics"), ("POST", f"{API}/reload")])
def test_wrong_token(site: Site, method: str, path: str, authorization: str) -> None:
    """Nobody reads or acts without the token."""
    answer = site.stranger.request(method, path, headers={"Authorization": authorization} if authorization else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", [f"{API}/runs?access_token={TOKEN}", f"{API}/nowhere", f"{API}/reload", f"{API}/"])
def test_nothing_is_learnt(site: Site, path: str) -> None:
    """Without the header it is not even said which paths there are; a token in the URL, where logs have it, is none."""
    assert site.stranger.get(path).status_code == 401


def test_wrong_tokens_are_logged_once(site: Site) -> None:
    """The log says that somebody shows wrong tokens, not which, and not each time."""
    for _ in range(3):
        site.stranger.get(f"{API}/runs", headers={"Authorization": "Bearer guess-0123456789"})
    assert len(site.told("Somebody shows a wrong token")) == 1
    assert b"guess-0123456789" not in site.log.read_bytes()


@pytest.mark.parametrize("site_of", ["cross-site", "same-site"])
def test_foreign_page(site: Site, site_of: str) -> None:
    """A page of another site has nothing done, though it had the token."""
    assert site.http.post(f"{API}/reload", headers={"Sec-Fetch-Site": site_of}).status_code == 403
    assert site.http.post(f"{API}/reload", headers={"Origin": "https://evil.example"}).status_code == 403
    assert site.http.post(f"{API}/reload", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert site.http.post(f"{API}/reload", headers={"Origin": f"http://{site.address}"}).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
    ids=["found", "refused", "nonsense", "hostless", "oversized"],
)
def test_strict_headers(site: Site, sent: bytes) -> None:
    """Every answer has the headers that keep browsers from harm, also the answer to nonsense; none says what we are."""
    head, _, _ = raw(site, sent).lower().partition(b"\r\n\r\n")
    assert all(name + b": " + value.lower() in head for name, value in STRICT)
    assert b"server:" not in head


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", "Bearer wrong"])
def test_large_body(site: Site, authorization: str) -> None:
    """A body of megabytes is answered, and the connection closed, whoever sends it; the next request is served."""
    length = 8 << 20
    sent = (
        f"POST {API}/reload HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Length: {length}\r\n\r\n"
    )
    with socket.create_connection((site.host, site.port), timeout=30) as made:
        made.sendall(sent.encode() + bytes(1 << 20))
        answer = made.recv(65536)
    assert answer.split()[1] in {b"413", b"401"}
    assert site.stranger.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        (
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n"
            b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"
        ),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        (
            b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ),
    ],
    ids=["upgrade", "preface", "websocket"],
)
def test_other_protocols(site: Site, sent: bytes) -> None:
    """Nothing but HTTP/1.1 is spoken, whatever is offered."""
    answer = raw(site, sent)
    assert answer.startswith(b"HTTP/1.1 ")
    assert answer.split()[1] in {b"200", b"400", b"401", b"403", b"404"}


def test_many_streams(site: Site) -> None:
    """Event streams beyond a number are refused until another ends; all else is served meanwhile."""
    head = f"GET {API}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
    opened = [socket.create_connection((site.host, site.port), timeout=30) for _ in range(50)]
    for each in opened:
        each.sendall(head)
        assert each.recv(65536).startswith(b"HTTP/1.1 200")
    assert site.http.get(f"{API}/events").status_code == 503
    assert site.http.get(f"{API}/server").status_code == 200
    for each in opened:
        each.close()
    site.until(lambda: [{}] if b"regbot_http_streams 0.0" in site.http.get("/metrics").content else [])
    assert next(events(site.http, f"{API}/events"))[0] == "server"


def test_canary(site: Site) -> None:
    """The token is in no log, no metric and no description."""
    site.http.get(f"{API}/runs?access_token={TOKEN}")
    shown = [site.http.get(path).content for path in ("/metrics", f"{API}/openapi.json", f"{API}/server")]
    assert not any(TOKEN.encode() in each for each in (*shown, site.log.read_bytes()))


def test_without_token(tmp_path: Path) -> None:
    """At a socket any name of the server will do, but no other site's page acts; the socket goes with the server."""
    with Running(tmp_path, CONFIG) as server:
        assert server.socket.stat().st_mode & 0o777 == 0o600
        assert server.http.get(f"{API}/server", headers={"Host": "evil.example"}).status_code == 200
        assert server.http.post(f"{API}/reload", headers={"Origin": "http://evil.example"}).status_code == 403
        assert server.stop() == 0
        assert not server.socket.exists()
