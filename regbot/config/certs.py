"""Certificates of Docker's, for one registry each: `/etc/docker/certs.d/HOST:PORT/`.

`*.crt` are authorities to trust, `NAME.cert` with `NAME.key` is what is shown to the registry.  The folder is not ours:
what cannot be used of it is a warning.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from regbot.config.findings import Finding
from regbot.config.model import NOTHING
from regbot.registry import pem
from regbot.registry.credentials import Secret

CERTS: Final = Path("/etc/docker/certs.d")
MAX_FILE: Final = 1 << 20
"""Bytes of a certificate or key."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """What a folder holds, as PEM texts."""

    trusted: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: Secret = NOTHING
    warnings: tuple[Finding, ...] = ()


def load_certificates(host: str, folder: Path = CERTS) -> Certificates:
    """Return what Docker's folder has for *host* ("host" or "host:port"); nothing where there is none."""
    if "/" in host or host in {"", ".", ".."}:
        return Certificates()
    warnings: list[Finding] = []
    try:
        names = sorted(path for path in (folder / host).iterdir() if path.suffix in {".crt", ".cert"})
    except (FileNotFoundError, NotADirectoryError):
        return Certificates()
    except OSError as exc:
        return Certificates(warnings=(Finding(str(folder / host), 0, f"cannot be read: {exc.strerror}"),))
    trusted = [_trusted(path, warnings) for path in names if path.suffix == ".crt"]
    certificate, key = "", NOTHING
    for path in names:
        if path.suffix == ".cert" and not certificate:
            certificate, key = _pair(path, warnings)
    return Certificates("\n".join(filter(None, trusted)), certificate, key, tuple(warnings))


def _trusted(path: Path, warnings: list[Finding]) -> str:
    text = _read(path, warnings)
    try:
        if text:
            pem.trust(_scratch(), text)
    except pem.BadPem as exc:
        text = _unused(path, str(exc), warnings)
    return text


def _pair(path: Path, warnings: list[Finding]) -> tuple[str, Secret]:
    """Return a certificate and the key that stands beside it; "" and nothing if they cannot be used."""
    certificate, key = _read(path, warnings), Secret(_read(path.with_suffix(".key"), warnings))
    try:
        if certificate and key:
            pem.identify(_scratch(), certificate, key)
            return certificate, key
    except pem.BadPem as exc:
        _unused(path, f"with its key, {exc}", warnings)
    return "", NOTHING


def _scratch() -> ssl.SSLContext:
    """Return a context that nobody will use."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _read(path: Path, warnings: list[Finding]) -> str:
    why = f"has more than {MAX_FILE} bytes"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
        if len(data) <= MAX_FILE:
            return data.decode("ascii", "replace")
    except OSError as exc:
        why = exc.strerror or type(exc).__name__
    return _unused(path, why, warnings)


def _unused(path: Path, why: str, warnings: list[Finding]) -> str:
    warnings.append(Finding(str(path), 0, f"cannot be used: {why}"))
    return ""
