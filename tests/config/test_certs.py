"""Certificates of Docker's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.config import certs
from regbot.config.certs import Certificates, load_certificates
from regbot.registry.credentials import Secret

if TYPE_CHECKING:
    from pathlib import Path


def test_all_of_a_folder(tmp_path: Path) -> None:
    """Every authority is trusted, the first whole pair of certificate and key is shown, other files are left alone."""
    (tmp_path / "a:5000").mkdir()
    for name in ("1.crt", "2.crt", "me.cert", "me.key", "you.cert", "you.key", "notes.txt"):
        (tmp_path / "a:5000" / name).write_text(name)
    assert load_certificates("a:5000", tmp_path) == Certificates("1.crt\n2.crt", "me.cert", Secret("me.key"))


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
