"""`regbot check --from-go`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot import cli

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CONFIG: Final = """\
scripts:
  - name: old
    timeout: 5m
    script: |
      tag.delete("a:" .. tag.ls("a")[1])
      print(nosuch)
"""


def run(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    """Check a file that needs no change, return the status and the beginnings of what is said."""
    path = folder / "regbot.yml"
    path.write_text(CONFIG)
    status = cli.run(["check", "-c", str(path), *words])
    lines = capsys.readouterr().out.replace(str(path), "regbot.yml").splitlines()
    return status, [line[:42] for line in lines]


def test_from_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What differs stands among the faults, by line, is counted as none, and changes no exit status."""
    assert run(tmp_path, capsys, "--from-go") == (
        0,
        [
            "regbot.yml:3: from Go: timeout: the run is",
            'regbot.yml:5: from Go: script "old" line 1',
            'regbot.yml:6: warning: script "old" line 2',
            'regbot.yml:6: from Go: script "old" line 2',
            "1 warning",
        ],
    )


def test_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is told of the Go program who does not ask."""
    assert run(tmp_path, capsys) == (0, ['regbot.yml:6: warning: script "old" line 2', "1 warning"])


def test_modules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Modules are looked through as scripts are."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "old.lua").write_text("return {home = function() return os.getenv('HOME') end}")
    (tmp_path / "regbot.yml").write_text("modules: lib\nscripts: [{name: a}]\n")
    cli.run(["check", "-c", str(tmp_path / "regbot.yml"), "--from-go"])
    assert 'from Go: module "old" line 1: os.getenv is not there' in capsys.readouterr().out
