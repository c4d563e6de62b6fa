"""A proxy in front of a registry that does what networks and registries do to people, by a seeded chance."""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOW: Final = "/v2/slow/"
SLOW_SECONDS: Final = 1.5
"""What is below this path is answered late every time."""
DELAY: Final = 0.3
"""Seconds by which a fault delays an answer."""
SHARES: Final = {"none": 900, "delay": 30, "unavailable": 20, "broken": 10, "busy": 15, "reset": 10, "torn": 15}
"""What happens to a request, and how often."""
_UNANSWERED: Final = {"reset", "unavailable", "broken", "busy"}
_STATUSES: Final[Mapping[str, tuple[int, Mapping[str, str]]]] = {
    "unavailable": (503, {}),
    "broken": (500, {}),
    "busy": (429, {"Retry-After": "1"}),
}
_RESET: Final = struct.pack("ii", 1, 0)
"""A linger of no seconds: the connection ends with RST instead of FIN."""
_HOP: Final = {"connection", "transfer-encoding", "keep-alive", "content-length"}


class Proxy:
    """Stands before the registry at *behind* ("127.0.0.1:PORT") from `with` to its end; `host` is where."""

    def __init__(self, behind: str, seed: int) -> None:
        self.behind = behind
        self.faults: Counter[str] = Counter()
        self._chance, self._lock = random.Random(seed), threading.Lock()  # noqa: S311 -- no secret is made of it
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self.host = f"127.0.0.1:{self._server.server_port}"

    def draw(self) -> str:
        """Decide what happens to a request."""
        with self._lock:
            (fault,) = self._chance.choices(list(SHARES), list(SHARES.values()))
            self.faults[fault] += 1
            return fault

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: Proxy

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of connections that break: here they are meant to."""


class _Handler(BaseHTTPRequestHandler):
    """One connection, and one to the registry for it."""

    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 60

    def setup(self) -> None:
        super().setup()
        # Header and body are two writes, and the second would wait for what the other side delays.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._behind = http.client.HTTPConnection(self.server.proxy.behind, timeout=60)

    def finish(self) -> None:
        self._behind.close()
        with suppress(OSError):
            super().finish()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        body = self._body()
        fault = self.server.proxy.draw()
        if self.path.startswith(SLOW):
            time.sleep(SLOW_SECONDS)
        elif fault == "delay":
            time.sleep(DELAY)
        if fault == "reset":
            self._break(_RESET)
        elif fault in _UNANSWERED:
            status, headers = _STATUSES[fault]
            self._answer(status, headers, b"")
        else:
            self._pass_on(body, torn=fault == "torn")

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 -- http.server wants these names

    def _pass_on(self, body: bytes, *, torn: bool) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        self._behind.request(self.command, self.path, body or None, headers | {"Content-Length": str(len(body))})
        answer = self._behind.getresponse()
        whole = answer.read()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
        size = answer.headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(whole))
        self._answer(answer.status, kept | {"Content-Length": size}, whole[: len(whole) // 2] if torn else whole)
        if torn:
            self._break()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in ({"Content-Length": str(len(body))} | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _break(self, linger: bytes = b"") -> None:
        if linger:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        found = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return found
