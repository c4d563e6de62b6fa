"""`regbot lua-api`, as users type it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.manual import definitions
from tests.regbot import regbot

if TYPE_CHECKING:
    from pathlib import Path


def test_it_prints() -> None:
    """Without a folder all definitions are printed as one file."""
    ended = regbot("lua-api")
    assert (ended.status, ended.stdout, ended.stderr) == (0, definitions.one(), "")


def test_it_writes(tmp_path: Path) -> None:
    """With a folder, which is made, a file for each module is written there, and nothing is printed."""
    ended = regbot("lua-api", str(tmp_path / "new" / "api"))
    written = {path.name: path.read_text() for path in (tmp_path / "new" / "api").iterdir()}
    assert (ended.status, ended.stdout, written) == (0, "", dict(definitions.several()))


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """Where nothing can be written it says where, and why."""
    (tmp_path / "file").touch()
    ended = regbot("lua-api", str(tmp_path / "file"))
    assert (ended.status, ended.stderr) == (2, f"regbot: cannot write {tmp_path}/file: File exists\n")
