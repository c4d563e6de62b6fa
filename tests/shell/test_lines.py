from __future__ import annotations

import readline
from typing import TYPE_CHECKING

import pytest

from regbot.manual import reading
from regbot.shell.lines import typed
from regbot.shell.names import Names

if TYPE_CHECKING:
    from pathlib import Path


def test_without_readline(tmp_path: Path) -> None:
    """A Python without readline has prompts all the same, and no history."""
    with typed(Names(reading.read()), tmp_path / "h", module="no_such_module") as lines:
        assert lines.interactive
    assert not (tmp_path / "h").exists()


@pytest.mark.parametrize("kept", [True, False])
def test_history(tmp_path: Path, kept: bool) -> None:  # noqa: FBT001 -- a column of the table
    """New lines are written when the session ends, where there is a place for them."""
    with typed(Names(reading.read()), tmp_path / "h" if kept else None):
        readline.add_history("new")
    assert (tmp_path / "h").exists() is kept
