from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from regbot import cli
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMPLETE: Final = """
source ./regbot.bash
COMP_WORDS=(regbot "$@")
COMP_CWORD=$#
"$(complete -p regbot | sed 's/.*-F \\([^ ]*\\) .*/\\1/')"
printf '%s\\n' "${COMPREPLY[@]}"
"""
"""What bash does when somebody presses Tab behind words; the last one is completed."""


@pytest.fixture
def completed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], set[str]]:
    """Ask a bash that has read the completion; the folder holds a file and a folder besides."""
    bash = require("bash")
    assert cli.run(["completion", "bash"]) == 0
    (tmp_path / "regbot.bash").write_text(capsys.readouterr().out)
    (tmp_path / "mirror.yml").touch()
    (tmp_path / "more").mkdir()

    def ask(line: str) -> set[str]:
        command = [bash, "--norc", "-c", COMPLETE, "bash", *line.split(" ")]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
        assert done.stderr == ""
        return set(done.stdout.split())

    return ask


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("on", {"once"}),
        ("-v debug se", {"server"}),
        ("server --st", {"--state"}),
        ("once --dry-run --fi", {"--files"}),
        ("schema r", {"report"}),
        ("completion ", {"bash", "zsh", "tcsh"}),
        ("once -c m", {"mirror.yml", "more"}),
        ("once --report m", {"mirror.yml", "more"}),
        ("server --token-file m", {"mirror.yml", "more"}),
        ("run m", {"mirror.yml", "more"}),
        ("once --files m", {"more"}),
        ("server --state m", {"more"}),
        ("once --nothing", set()),
    ],
)
def test_bash(completed: Callable[[str], set[str]], line: str, words: set[str]) -> None:
    """Commands, flags and their values are completed; files where a file is meant, folders where a folder is."""
    assert completed(line) == words


@pytest.mark.parametrize(("shell", "beginning"), [("zsh", "#compdef regbot\n"), ("tcsh", "# AUTOMATICALLY GENERATED")])
def test_other_shells(shell: str, beginning: str, capsys: pytest.CaptureFixture[str]) -> None:
    """There is a completion for other shells, too."""
    assert cli.run(["completion", shell]) == 0
    said = capsys.readouterr().out
    assert (said.startswith(beginning), "doctor" in said, "token-file" in said) == (True, True, True)


def test_unknown_shell(capsys: pytest.CaptureFixture[str]) -> None:
    """For a shell that is not known there is none, and the message says which there are."""
    with pytest.raises(SystemExit):
        cli.run(["completion", "powershell"])
    assert "'bash', 'zsh', 'tcsh'" in capsys.readouterr().err
