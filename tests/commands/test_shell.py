"""`regbot shell`, as it is used: in a pipe, and at a terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from regbot import cli
from tests.images import image, push
from tests.regbot import COMMAND, regbot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.docker_registry import DockerRegistry

PATIENCE: Final = 20
"""Seconds; nothing is measured against it."""


class Terminal:
    """A terminal with a shell in it."""

    def __init__(self, descriptor: int, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.seen = b""
        self._descriptor = descriptor

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._descriptor, keys)

    def until(self, text: bytes) -> bytes:
        """Wait for a text; return what is shown before it."""
        while text not in self.seen:
            ready, _, _ = select.select([self._descriptor], [], [], PATIENCE)
            assert ready, f"{text!r} never came, only {self.seen!r}"
            self.seen += os.read(self._descriptor, 4096)
        before, _, self.seen = self.seen.partition(text)
        return before

    def ask(self) -> None:
        """Wait for a prompt, and until keys are waited for: Python may sleep over a signal that comes in between."""
        self.until(b"> ")
        while Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
            os.sched_yield()


@contextmanager
def terminal(folder: Path, *words: str) -> Iterator[Terminal]:
    """Start a shell at a terminal, whose state is kept in *folder*."""
    ours, theirs = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if name == "PATH" or "COVERAGE" in name}
    environ |= {"TERM": "dumb", "HOME": str(folder)}
    # Without a session of its own Ctrl-C would be a character like any other.
    command = ["setsid", "--ctty", COMMAND, "shell", *words]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, cwd=folder)
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_pipe() -> None:
    """A pipe's lines are run without a prompt, also after an error, which has its line and is told by the status."""
    lines = ["x = {1, y = 'z'}", "x", "for i = 1, 2 do", "log(i)", "end", "logger.warn('odd', {at = 1})", "nil + 1"]
    ended = regbot("shell", stdin="\n".join([*lines, "'last'", "exit", "log('never')"]))
    assert (ended.status, ended.stderr) == (1, "shell:7: attempt to perform arithmetic on a nil value\n")
    assert ended.stdout == '{1, y = "z"}\n1\n2\nwarn: odd at=1\n"last"\n'


@pytest.mark.parametrize("write", [False, True])
def test_dry_run_unless_write(registry: DockerRegistry, tmp_path: Path, write: bool) -> None:  # noqa: FBT001 -- a column of the table
    """Only with --write anything is written; else what was not is listed at the end."""
    push(registry, "a", "v1", image())
    (tmp_path / "c.yml").write_text(f"creds: [{{registry: '{registry.host}', tls: disabled}}]")
    copy = f"image.copy('{registry.host}/a:v1', '{registry.host}/a:v2')"
    ended = regbot("shell", "-c", "c.yml", *(["--write"] if write else []), stdin=copy, folder=tmp_path)
    assert ended.status == 0
    assert registry.tags("a") == ({"v1", "v2"} if write else {"v1"})
    assert ("Dry run: 1 write not made." in ended.stdout) is not write


def test_modules(tmp_path: Path) -> None:
    """The shell finds the modules of the configuration, and its defaults; no timeout applies."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/mine.lua").write_text("return {x = 5}")
    (tmp_path / "c.yml").write_text("modules: lib\ndefaults: {timeout: 1ms}")
    ended = regbot("shell", "-c", "c.yml", stdin="require('mine').x", folder=tmp_path)
    assert (ended.status, ended.stdout) == (0, "5\n")


def test_output_that_cannot_be_written() -> None:
    """Values that are lost are no success."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([COMMAND, "shell"], input=b"1", stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert b"regbot: cannot go on: No space left on device\n" in done.stderr


def test_output_that_nobody_reads() -> None:
    """Who reads no more ends the shell as any other program."""
    with subprocess.Popen([COMMAND, "shell"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.communicate(b"1")
    assert process.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-c", "-"], "the shell reads Lua from standard input"),
        (["-v", "loud"], "is no log level"),
    ],
)
def test_misuse(capsys: pytest.CaptureFixture[str], words: list[str], text: str) -> None:
    """What the command line says wrong is told before anything runs."""
    assert cli.run(["shell", *words]) == 2
    assert text in capsys.readouterr().err


def test_nothing_can_be_run(tmp_path: Path) -> None:
    """Where no script could be run, no line is read."""
    ended = regbot("shell", "--files", "none", stdin="log('never')", folder=tmp_path)
    assert (ended.status, ended.stdout) == (2, "")
    assert ended.stderr.startswith("regbot: the files folder none cannot be used")


def test_terminal(tmp_path: Path) -> None:
    """A session at a terminal: completion, several lines, Ctrl-C and an end by Ctrl-D, which is no failure."""
    with terminal(tmp_path) as screen:
        for keys in (b"x = string.form\t'%d', 41 + 1)\n", b"dropped(\n", b"\x03", b"error(x)\n"):
            screen.ask()
            screen.type(keys)
        screen.until(b"shell:1: 42")
        screen.ask()
        screen.type(b"\x04")
        assert screen.process.wait(PATIENCE) == 0
    kept = (tmp_path / ".local/state/regbot/history").read_text()
    assert kept == "x = string.format('%d', 41 + 1)\ndropped(\nerror(x)\n"


def test_history_comes_back(tmp_path: Path) -> None:
    """The lines of an earlier session are there again; those of a pipe are not kept."""
    history = tmp_path / ".local/state/regbot/history"
    history.parent.mkdir(parents=True)
    history.write_text("'from before'\n")
    regbot("shell", stdin="'in a pipe'", folder=tmp_path)
    with terminal(tmp_path) as screen:
        screen.ask()
        screen.type(b"\x10\n")
        screen.until(b'"from before"')
        screen.type(b"exit\n")
        assert screen.process.wait(PATIENCE) == 0
    assert history.read_text() == "'from before'\nexit\n"


def test_told_to_end(tmp_path: Path) -> None:
    """A signal ends the shell in the middle of a chunk, and its lines are kept."""
    with terminal(tmp_path) as screen:
        for keys in (b"'first'\n", b"while true do end\n"):
            screen.ask()
            screen.type(keys)
        screen.process.send_signal(signal.SIGHUP)
        assert screen.process.wait(PATIENCE) == 128 + signal.SIGHUP
    assert (tmp_path / ".local/state/regbot/history").read_text().startswith("'first'\n")
