"""A real docker-registry (2.8) on a loopback port."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import time
from typing import TYPE_CHECKING, Final, Self

from tests.asking import AGENT, Asking
from tests.programs import require, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

READY_WITHIN: Final = 20.0
"""Seconds that a registry may take to listen; 0.02 are usual."""

_LISTENS: Final = re.compile(r'msg="listening on 127\.0\.0\.1:(\d+)')
_ACCESS: Final = re.compile(r'^\S+ - \S+ \[[^\]]*\] "(\S+) (\S+) [^"]*" (\d{3}) \S+ "[^"]*" "([^"]*)"$', re.MULTILINE)


class DockerRegistry(Asking):
    """A registry with its store in *folder*; runs from start() (or `with`) to stop(), and may be started again.

    *users* (name to password) makes it ask for Basic authentication; *tls* makes it speak https, with a certificate of
    the CA whose file is `ca`; *mutual* besides makes it want one of that CA of its clients, such as `identity`.  With
    *origin*, a URL, it is a pull-through mirror of that one.  Once started, `host` is "127.0.0.1:PORT" and stays the
    same.
    """

    def __init__(
        self,
        folder: Path,
        *,
        delete: bool = True,
        users: Mapping[str, str] | None = None,
        tls: bool = False,
        mutual: bool = False,
        origin: str = "",
    ) -> None:
        identity = (folder / "server.pem", folder / "server.key")
        super().__init__(users, folder / "ca.pem" if tls else None, identity if mutual else None)
        self.folder = folder
        self._delete, self._origin = delete, origin
        self._process: subprocess.Popen[bytes] | None = None
        self._marks = itertools.count()

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
            certificates: dict[str, object] = dict(make_certificates(self.folder))
            listen["tls"] = certificates | ({"clientcas": [str(self.ca)]} if self.identity else {})
        if self._origin:
            config["proxy"] = {"remoteurl": self._origin}
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
