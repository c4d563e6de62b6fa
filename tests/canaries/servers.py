"""Registries that provoke what might show a password: they wait, send elsewhere, and say again what they heard."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ACCESS: Final = "c4n4ryTokenOfAccess5c3e"
"""What a token server gives for an identity token."""


class Server:
    """A registry on loopback; with *realm* it wants tokens and gives them, else user and password if it is *guarded*.

    `/v2/slow/…` is answered when `released` is set, `/v2/away/…` leads to *elsewhere*, and `/v2/echo/…` fails with all
    that the request said of who asks.
    """

    def __init__(self, elsewhere: str = "", *, realm: bool = False, guarded: bool = True) -> None:
        self.released = threading.Event()
        self.heard: list[str] = []
        """Every Authorization header, and the form of every request for a token."""
        self._elsewhere, self._realm, self._guarded = elsewhere, realm, guarded
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 -- the library's names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.host = f"127.0.0.1:{self.http.server_port}"

    def answer(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        who = asked.headers.get("Authorization", "")
        form = asked.rfile.read(int(asked.headers.get("Content-Length", 0))).decode()
        self.heard += [text for text in (who, form) if text]
        if asked.path.startswith("/token"):
            _reply(asked, 200, {"access_token": ACCESS, "token": ACCESS})
        elif self._guarded and not who:
            offer = f'Bearer realm="http://{self.host}/token",service="r"' if self._realm else 'Basic realm="r"'
            _reply(asked, 401, {}, {"WWW-Authenticate": offer})
        elif "/away/" in asked.path:
            _reply(asked, 307, {}, {"Location": f"http://{self._elsewhere}{asked.path}"})
        elif "/echo/" in asked.path:
            plain = base64.b64decode(who.partition(" ")[2] + "===").decode(errors="replace") if not self._realm else who
            said = f"{who} means {plain} means {plain.partition(':')[2]}"
            errors = [{"code": said, "message": said, "detail": said}]
            _reply(asked, 400, {"errors": errors}, {"Warning": f'299 - "{who}"'})
        else:
            if "/slow/" in asked.path:
                self.released.wait(60)
            _reply(asked, 200, {"name": "x", "tags": ["v1"]})


def _reply(
    asked: BaseHTTPRequestHandler, status: int, document: object, headers: Mapping[str, str] | None = None
) -> None:
    body = json.dumps(document).encode()
    asked.send_response(status)
    usual = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    for name, value in {**usual, **(headers or {})}.items():
        asked.send_header(name, value)
    asked.end_headers()
    if asked.command != "HEAD":
        asked.wfile.write(body)


@contextmanager
def serving(*servers: Server) -> Iterator[None]:
    """Serve, each in a thread, until the block ends."""
    with ExitStack() as stack:
        for server in servers:
            thread = threading.Thread(target=server.http.serve_forever, args=[0.02], daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.http.server_close)
            stack.callback(server.http.shutdown)
            stack.callback(server.released.set)
        yield
