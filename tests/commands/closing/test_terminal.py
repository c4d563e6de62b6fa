"""What `regbot once` shows at a terminal: a table at the end, bars while copies go on, and nothing elsewhere."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Final

import pytest

from regbot.commands.closing.bars import DELAY, STALE
from regbot.commands.closing.terminal import Terminal
from regbot.registry.observer import Progress
from tests.commands.closing.at_terminal import shown
from tests.regbot import regbot

if TYPE_CHECKING:
    from pathlib import Path

CONFIG: Final = """scripts:
- {name: "[red]x[/red]\\e[2J", script: "log('hello')"}
- {name: bad, script: "error('no', 0)"}
"""
GONE: Final = "\r\x1b[2K\x1b[?25h\r"
"""The line is wiped, and the cursor is there again."""
_CONTROL: Final = re.compile("\x1b\\[[0-9;?]*[A-Za-z]")


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Screen(StringIO):
    """A terminal that keeps what it was sent."""

    def isatty(self) -> bool:
        """Be one."""
        return True

    def taken(self) -> str:
        """Return what came since the last time."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


def progress(done: int, *, of: int = 100, target: str = "r.io/a:v1") -> Progress:
    """Return how far a copy of one blob is."""
    return Progress(target, int(done == of), 1, done, of)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Give a terminal that draws."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Screen()


def test_table(tmp_path: Path) -> None:
    """Scripts are listed with outcome and counts; what a name holds is shown as it is, and not obeyed."""
    (tmp_path / "c.yml").write_text(CONFIG)
    status, text = shown(tmp_path, "-c", "c.yml")
    plain = _CONTROL.sub("", text)
    assert status == 1
    assert "Script" in plain.splitlines()[-5]
    assert re.search(r"\[red\]x\[/red\]\\x1b\[2J +success +\d+\.\d s +0 +0 +0 +0 bytes", plain)
    assert re.search(r"bad +error +\d+\.\d s", plain)
    assert "\x1b[2J" not in text
    assert "\x1b[31m" in text


@pytest.mark.parametrize(("term", "environ"), [("xterm", {"NO_COLOR": "1"}), ("dumb", {})])
def test_without_colours(tmp_path: Path, term: str, environ: dict[str, str]) -> None:
    """Who wants no colours, or has none, gets the table in plain text."""
    (tmp_path / "c.yml").write_text(CONFIG)
    _, text = shown(tmp_path, "-c", "c.yml", term=term, **environ)
    assert re.search(r"bad +error", text)
    assert "\x1b[3" not in text


def test_a_program_gets_no_table(tmp_path: Path) -> None:
    """With a JSON log, or where nobody sits, there is the log and nothing else."""
    (tmp_path / "c.yml").write_text(CONFIG)
    _, text = shown(tmp_path, "-c", "c.yml", "--logopt", "json")
    assert all(line.startswith("{") for line in text.splitlines())
    ended = regbot("once", "-c", "c.yml", folder=tmp_path)
    assert [line.partition("=")[0] for line in ended.stderr.splitlines()] == ["time", "time"]
    assert ended.stdout == ""


def test_a_copy_has_a_bar(screen: Screen) -> None:
    """A copy that takes its time has a bar, with its script's name as it is; at its end the bar is gone."""
    clock = Clock()
    terminal = Terminal(screen, clock)
    terminal.copied("[b]s\x1b", progress(0))
    assert screen.taken() == ""
    clock.now = DELAY
    terminal.copied("[b]s\x1b", progress(50))
    drawn = _CONTROL.sub("", screen.taken())
    assert r"[b]s\x1b: r.io/a:v1" in drawn
    assert "50/100 bytes" in drawn
    terminal.copied("[b]s\x1b", progress(100))
    assert screen.taken().endswith(GONE)
    terminal.write("log\n")
    assert screen.taken() == "log\n"


def test_the_log_is_above_the_bars(screen: Screen) -> None:
    """A line of the log comes whole, on lines of its own, and the bar is drawn anew below it."""
    clock, line = Clock(), "msg=[bold]" + "x" * 300 + " :smile: y\n"
    terminal = Terminal(screen, clock)
    terminal.copied("s", progress(0))
    clock.now = DELAY
    terminal.copied("s", progress(1))
    screen.taken()
    terminal.write(line)
    terminal.flush()
    text = _CONTROL.sub("", screen.taken())
    assert line in text.replace("\r", "")
    assert text.index(line.strip()) < text.index("r.io/a:v1")
    terminal.close()


def test_bars_of_what_is_over(screen: Screen) -> None:
    """What a script left unfinished has no bar when the script has ended, nor what nobody spoke of in a while."""
    clock = Clock()
    terminal = Terminal(screen, clock)
    for now, done in ((0.0, 0), (DELAY, 1)):
        clock.now = now
        terminal.copied("one", progress(done))
        terminal.copied("two", progress(done, target="r.io/b:v1"))
    terminal.ended("one")
    clock.now += 1
    screen.taken()
    terminal.copied("three", progress(2))
    terminal.copied("two", progress(2, target="r.io/b:v1"))
    drawn = _CONTROL.sub("", screen.taken())
    assert "two: r.io/b:v1" in drawn
    assert "one: " not in drawn
    clock.now += STALE + 1
    terminal.copied("three", progress(3))
    assert "two" not in _CONTROL.sub("", screen.taken())
    terminal.close()
    assert screen.taken().endswith(GONE)


def test_a_dumb_terminal_has_no_bars(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be drawn anew nothing is drawn."""
    monkeypatch.setenv("TERM", "dumb")
    clock = Clock()
    terminal = Terminal(screen, clock)
    for clock.now, done in ((0.0, 0), (DELAY, 1), (9.0, 2)):
        terminal.copied("s", progress(done))
    terminal.ended("s")
    terminal.close()
    assert screen.taken() == ""
