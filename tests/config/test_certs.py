"""Certificates of Docker's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.config import certs
from regbot.config.certs import Certificates, load_certificates
from regbot.registry.credentials import Secret
from tests.docker_registry import make_certificates

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of "a:5000", with real certificates beside it."""
    make_certificates(tmp_path)
    (tmp_path / "a:5000").mkdir()
    return tmp_path / "a:5000"


def fill(folder: Path, **files: str) -> None:
    """Copy what stands beside *folder* into files; __ in their names is a dot."""
    for name, source in files.items():
        (folder / name.replace("__", ".")).write_text((folder.parent / source).read_text())


def test_all_of_a_folder(folder: Path) -> None:
    """Every authority is trusted, the first whole pair of certificate and key is shown, other files are left alone."""
    fill(folder, ca__crt="ca.pem", server__crt="server.pem")
    fill(folder, me__cert="server.pem", me__key="server.key", you__cert="ca.pem", you__key="ca.key")
    (folder / "notes.txt").write_text("x")
    ca, certificate, key = ((folder.parent / name).read_text() for name in ("ca.pem", "server.pem", "server.key"))
    found = load_certificates("a:5000", folder.parent)
    assert found == Certificates(f"{ca}\n{certificate}", certificate, Secret(key))


def test_garbage(folder: Path) -> None:
    """What is no PEM text, or does not fit together, is a warning each, and the rest counts."""
    fill(folder, ca__crt="ca.pem", he__cert="server.pem", he__key="ca.key", me__cert="server.pem", me__key="server.key")
    (folder / "bad.crt").write_text("c4n4ry")
    (folder / "worse.crt").write_text("-----BEGIN CERTIFICATE-----\nc4n4ry\n-----END CERTIFICATE-----\n")
    found = load_certificates("a:5000", folder.parent)
    said = [str(warning).partition("a:5000/")[2] for warning in found.warnings]
    assert (found.trusted, found.key) == (
        (folder / "ca.crt").read_text(),
        Secret((folder / "me.key").read_text()),
    )
    assert said[0] == "bad.crt: cannot be used: it is no PEM text"
    assert said[1].startswith("worse.crt: cannot be used: ")
    assert said[2:] == ["he.cert: cannot be used: with its key, the key is that of another certificate"]
    assert "c4n4ry" not in "".join(said)


@pytest.mark.parametrize("host", ["nobody", "", ".", "..", "a/b"])
def test_no_folder(tmp_path: Path, host: str) -> None:
    """A registry without a folder of its own has no certificates, and a name never leads elsewhere."""
    (tmp_path / "x.crt").write_text("X")
    (tmp_path / "b").mkdir()
    assert load_certificates(host, tmp_path / "b") == Certificates()


def test_too_large(tmp_path: Path) -> None:
    """A file that can be no certificate is a warning."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.crt").write_bytes(bytes(certs.MAX_FILE + 1))
    found = load_certificates("a", tmp_path)
    assert (found.trusted, len(found.warnings)) == ("", 1)
    assert "x.crt: cannot be used: has more than" in str(found.warnings[0])


def test_no_permission(tmp_path: Path) -> None:
    """A folder that cannot be read is a warning."""
    (tmp_path / "a").symlink_to("a")
    assert "cannot be read: Too many levels" in str(load_certificates("a", tmp_path).warnings[0])


def test_not_shown() -> None:
    """The repr shows neither certificate nor key."""
    assert "CANARY" not in repr(Certificates("CANARY", "CANARY", Secret("CANARY")))
