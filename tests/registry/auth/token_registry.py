"""A real docker-registry that wants tokens, and a token server on loopback that signs them for it."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from tests.docker_registry import DockerRegistry
from tests.programs import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SERVICE: Final = "registry.test"


class Signer:
    """Signs what may be done, with a key of its own in *folder* (JWT, RS256, RFC 7519)."""

    def __init__(self, folder: Path) -> None:
        self.certificate, self._key = folder / "token.pem", folder / "token.key"
        kind = ("-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=regbot tests tokens")
        run("openssl", "req", *kind, "-keyout", str(self._key), "-out", str(self.certificate))

    def sign(self, user: str, scopes: list[str]) -> str:
        """Return a token for *scopes*, good for a minute."""
        now = int(time.time())
        parts = [scope.rsplit(":", 1) for scope in scopes]
        access = [
            {"type": name.split(":", 1)[0], "name": name.split(":", 1)[1], "actions": actions.split(",")}
            for name, actions in parts
        ]
        times = {"exp": now + 60, "nbf": now - 60, "iat": now, "jti": str(time.monotonic_ns())}
        claims = {"iss": "tests", "sub": user, "aud": SERVICE, **times, "access": access}
        body = self.certificate.read_text().partition("-----\n")[2].partition("-----")[0]
        header = {"typ": "JWT", "alg": "RS256", "x5c": ["".join(body.split())]}
        text = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
        command = ["openssl", "dgst", "-sha256", "-sign", str(self._key)]
        signed = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
        return f"{text}.{_encoded(signed.stdout)}"


class TokenServer:
    """Gives a token to each of *users* (name to password); *asked* keeps the scopes, one line a request."""

    def __init__(self, signer: Signer, users: Mapping[str, str]) -> None:
        self.asked: list[str] = []
        self.signer, self._users = signer, users

    def answer(self, query: str, authorization: str) -> tuple[int, object]:
        """Return status and body for a GET."""
        user, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if self._users.get(user) != password:
            return 401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]}
        scopes = parse_qs(query).get("scope", [])
        self.asked.append(" ".join(scopes))
        return 200, {"token": self.signer.sign(user, scopes), "expires_in": 60}


class TokenRegistry(DockerRegistry):
    """A docker-registry that takes only tokens from *realm*, signed by *signer*."""

    def __init__(self, folder: Path, realm: str, signer: Signer) -> None:
        super().__init__(folder)
        self._realm, self._signer = realm, signer

    def _config(self) -> dict[str, object]:
        token = {"realm": self._realm, "service": SERVICE, "issuer": "tests"}
        return {**super()._config(), "auth": {"token": {**token, "rootcertbundle": str(self._signer.certificate)}}}


@contextmanager
def token_registry(folder: Path, users: Mapping[str, str]) -> Iterator[tuple[TokenRegistry, TokenServer]]:
    """Start both in *folder*."""
    tokens = TokenServer(Signer(folder), users)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = tokens.answer(urlsplit(self.path).query, self.headers.get("Authorization", ""))
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with TokenRegistry(
                folder / "registry", f"http://127.0.0.1:{server.server_port}/token", tokens.signer
            ) as it:
                yield it, tokens
        finally:
            server.shutdown()
            thread.join()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
