"""A real docker-registry (2.8) on a loopback port, and a small client of its own to load and to ask it."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import re
import ssl
import subprocess
import time
from typing import TYPE_CHECKING, Final, Self

from tests.programs import require, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

AGENT: Final = "regbot-tests"
"""The User-Agent of requests that the tests make themselves."""
READY_WITHIN: Final = 20.0
"""Seconds that a registry may take to listen; 0.02 are usual."""

_LISTENS: Final = re.compile(r'msg="listening on 127\.0\.0\.1:(\d+)')
_ACCESS: Final = re.compile(r'^\S+ - \S+ \[[^\]]*\] "(\S+) (\S+) [^"]*" (\d{3}) \S+ "[^"]*" "([^"]*)"$', re.MULTILINE)


class DockerRegistry:
    """A registry with its store in *folder*; runs from start() (or `with`) to stop(), and may be started again.

    *users* (name to password) makes it ask for Basic authentication; *tls* makes it speak https, with a certificate of
    the CA whose file is `ca`.  Once started, `host` is "127.0.0.1:PORT" and stays the same.
    """

    def __init__(
        self, folder: Path, *, delete: bool = True, users: Mapping[str, str] | None = None, tls: bool = False
    ) -> None:
        self.folder = folder
        self.users = dict(users or {})
        self.ca = folder / "ca.pem" if tls else None
        self.host = "127.0.0.1:0"
        self._delete = delete
        self._process: subprocess.Popen[bytes] | None = None
        self._marks = itertools.count()

    @property
    def url(self) -> str:
        """Scheme and host."""
        return f"{'https' if self.ca else 'http'}://{self.host}"

    def start(self) -> None:
        """Start serving and return when the port answers."""
        program = require("docker-registry")
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "config.json"
        config.write_text(json.dumps(self._config()))  # JSON is YAML
        (self.folder / "log").write_bytes(b"")
        with (self.folder / "log").open("ab") as log, (self.folder / "access").open("ab") as access:
            self._process = subprocess.Popen(
                [program, "serve", str(config)], stdin=subprocess.DEVNULL, stdout=access, stderr=log, cwd=self.folder
            )
        self.host = f"127.0.0.1:{self._wait_for(_LISTENS, 'log')}"

    def stop(self) -> None:
        """Kill the process, whatever it is at, and reap it.  The store stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

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

    def requests(self) -> list[tuple[str, str, int]]:
        """Return method, path with query, and status of every request so far that was not one of the tests' own."""
        mark = f"/v2/?mark={next(self._marks)}"
        self.request("GET", mark)  # once this one is in the log, so is what came before it
        self._wait_for(re.compile(rf'"GET ({re.escape(mark)}) '), "access")
        found = _ACCESS.findall((self.folder / "access").read_text())
        return [(method, path, int(status)) for method, path, status, agent in found if agent != AGENT]

    def _config(self) -> dict[str, object]:
        listen: dict[str, object] = {"addr": self.host, "secret": "of a test"}
        config: dict[str, object] = {
            "version": 0.1,
            "log": {"level": "info"},
            "storage": {
                "filesystem": {"rootdirectory": str(self.folder / "store")},
                "delete": {"enabled": self._delete},
            },
            "http": listen,
            "validation": {"manifests": {"urls": {"allow": ["^https?://"]}}},
        }
        if self.ca:
            listen["tls"] = make_certificates(self.folder)
        if self.users:
            config["auth"] = {"htpasswd": {"realm": "tests", "path": self._write_users()}}
        return config

    def _write_users(self) -> str:
        lines = [run("htpasswd", "-nbB", "-C", "4", user, password).strip() for user, password in self.users.items()]
        path = self.folder / "htpasswd"
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    def _wait_for(self, pattern: re.Pattern[str], name: str) -> str:
        """Return the first group of *pattern* as soon as the file *name* holds it."""
        assert self._process is not None, "the registry is not running"
        end = time.monotonic() + READY_WITHIN
        while (match := pattern.search((self.folder / name).read_text())) is None:
            log = (self.folder / "log").read_text()
            assert self._process.poll() is None, f"docker-registry ended: {log}"
            assert time.monotonic() < end, f"docker-registry: nothing like {pattern.pattern}: {log}"
            time.sleep(0.002)
        return match[1]

    def _connect(self) -> http.client.HTTPConnection:
        if self.ca is None:
            return http.client.HTTPConnection(self.host, timeout=30)
        return http.client.HTTPSConnection(
            self.host, timeout=30, context=ssl.create_default_context(cafile=str(self.ca))
        )

    def _authorization(self) -> dict[str, str]:
        if not self.users:
            return {}
        user, password = next(iter(self.users.items()))
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


_MANIFESTS: Final = (
    "oci.image.index.v1",
    "oci.image.manifest.v1",
    "docker.distribution.manifest.list.v2",
    "docker.distribution.manifest.v2",
)


def make_certificates(folder: Path) -> dict[str, str]:
    """Make a CA (ca.pem) and a certificate for 127.0.0.1 and localhost; return the `tls` of a registry's config."""
    key, certificate = folder / "server.key", folder / "server.pem"
    if not certificate.exists():
        _certify(folder, "ca", "-x509", "-addext", "basicConstraints=critical,CA:TRUE")
        _certify(folder, "server")
        extensions = folder / "server.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n")
        signer = ("-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-days", "2")
        signed = ("-in", f"{folder}/server.request", "-out", str(certificate), "-extfile", str(extensions))
        run("openssl", "x509", "-req", *signed, *signer)
    return {"certificate": str(certificate), "key": str(key)}


def _certify(folder: Path, name: str, *options: str) -> None:
    """Make a key, and a certificate (-x509) or a request for one."""
    out = f"{folder}/{name}.{'pem' if '-x509' in options else 'request'}"
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{folder}/{name}.key")
    run("openssl", "req", "-new", *kind, "-subj", f"/CN=regbot tests {name}", "-out", out, *options)
