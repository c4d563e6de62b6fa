"""A registry whose answers wait until the test lets them go: so a run goes on for as long as one looks."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self

WITHIN: Final = 60.0
"""Seconds after which a request is answered in any case: no test leaves a thread behind."""


class Gate:
    """Lists the tags of every repository, each time it is let() go."""

    def __init__(self) -> None:
        self._open = threading.Semaphore(0)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.host = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def let(self) -> None:
        """Let one answer go, that of a request which waits or of the next."""
        self._open.release()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        opened = self._open

        class Handler(BaseHTTPRequestHandler):
            """One connection."""

            def do_GET(self) -> None:
                """Answer, /v2/ at once."""
                if self.path.partition("?")[0] != "/v2/":
                    opened.acquire(timeout=WITHIN)
                body = json.dumps({"name": "gate", "tags": ["one"]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
