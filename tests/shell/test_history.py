from __future__ import annotations

import stat
from pathlib import Path

import pytest

from regbot.shell import history


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/me"}, Path("/state/regbot/history")),
        ({"XDG_STATE_HOME": "state", "HOME": "/home/me"}, Path("/home/me/.local/state/regbot/history")),
        ({"HOME": "/home/me"}, Path("/home/me/.local/state/regbot/history")),
        ({"HOME": ""}, None),
        ({}, None),
    ],
)
def test_path(environ: dict[str, str], path: Path | None) -> None:
    """The history is where the state of programs is kept; nowhere if nobody says where that is."""
    assert history.path(environ) == path


def test_lines_are_kept(tmp_path: Path) -> None:
    """Lines of a session come behind those of others, in a file that nobody else may read."""
    file = tmp_path / "state/regbot/history"
    history.add(file, ["a", "b\udcff ä"])
    history.add(file, ["c"])
    assert history.read(file) == ["a", "b\udcff ä", "c"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == ["history"]


def test_history_is_bounded(tmp_path: Path) -> None:
    """Only the newest lines are kept, and no more bytes than are read."""
    history.add(tmp_path / "h", [str(number) for number in range(2 * history.MAX_LINES)])
    assert history.read(tmp_path / "h") == [str(number + history.MAX_LINES) for number in range(history.MAX_LINES)]
    history.add(tmp_path / "h", ["x" * history.MAX_BYTES])
    assert (tmp_path / "h").stat().st_size == history.MAX_BYTES


def test_nothing_to_keep(tmp_path: Path) -> None:
    """A session without lines leaves no file."""
    history.add(tmp_path / "h", [])
    assert not (tmp_path / "h").exists()


def test_history_that_cannot_be_kept(tmp_path: Path) -> None:
    """Where no file can be, there is no history, and that is no error."""
    (tmp_path / "file").write_text("")
    history.add(tmp_path / "file/h", ["a"])
    assert history.read(tmp_path / "file/h") == []
