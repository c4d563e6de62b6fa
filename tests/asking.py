"""A small client of the tests' own, to load a registry and to ask what it has."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

AGENT: Final = "regbot-tests"
"""The User-Agent of requests that the tests make themselves."""
_MANIFESTS: Final = (
    "oci.image.index.v1",
    "oci.image.manifest.v1",
    "docker.distribution.manifest.list.v2",
    "docker.distribution.manifest.v2",
)


class Asking(ABC):
    """The tests' own client of one registry: at `host`, by https if `ca` is the file of its CA, as the first user.

    `identity` are the files of a certificate and its key to be shown.
    """

    def __init__(
        self,
        users: Mapping[str, str] | None = None,
        ca: Path | None = None,
        identity: tuple[Path, Path] | None = None,
    ) -> None:
        self.host = "127.0.0.1:0"
        self.users = dict(users or {})
        self.ca, self.identity = ca, identity

    @property
    def url(self) -> str:
        """Scheme and host."""
        return f"{'https' if self.ca else 'http'}://{self.host}"

    @abstractmethod
    def requests(self) -> list[tuple[str, str, int]]:
        """Return method, path with query, and status of every request so far that was not one of the tests' own."""

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Ask the registry with the tests' own client: status, headers and body of the answer."""
        connection = self._connect()
        try:
            connection.request(method, path, body, {"User-Agent": AGENT, **self._authorization(), **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def tags(self, repository: str) -> set[str]:
        """Return the tags of *repository*; none if it does not exist."""
        status, _, body = self.request("GET", f"/v2/{repository}/tags/list")
        return set(json.loads(body)["tags"] or ()) if status == 200 else set()

    def digest(self, repository: str, tag: str) -> str:
        """Return the digest that *tag* points at, "" if there is none."""
        accept = {"Accept": ", ".join(f"application/vnd.{kind}+json" for kind in _MANIFESTS)}
        status, headers, _ = self.request("HEAD", f"/v2/{repository}/manifests/{tag}", headers=accept)
        return headers["Docker-Content-Digest"] if status == 200 else ""

    def _connect(self) -> http.client.HTTPConnection:
        if self.ca is None:
            return http.client.HTTPConnection(self.host, timeout=30)
        context = ssl.create_default_context(cafile=str(self.ca))
        if self.identity:
            context.load_cert_chain(*self.identity)
        return http.client.HTTPSConnection(self.host, timeout=30, context=context)

    def _authorization(self) -> dict[str, str]:
        if not self.users:
            return {}
        user, password = next(iter(self.users.items()))
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
