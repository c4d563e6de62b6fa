"""Somebody who reads a document and types what it shows."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Final, Self

from tests.documents.blocks import ROOT
from tests.regbot import COMMAND

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.documents.blocks import Block

WITHIN: Final = 60.0
"""Seconds for anything to happen."""
_LEFT_OUT: Final = shutil.ignore_patterns(
    ".git", ".venv", "build", ".*_cache", "__pycache__", ".coverage*", ".hypothesis"
)
_WORDS: Final = ("regbot", "exec regbot")


class Reader:
    """Types commands in a copy of the project in *folder*; *instead* maps their texts to what is there here.

    *environ* are variables that readers have set.
    Servers that a document starts run on behind it until the end; all of them have to end with 0 then.
    """

    def __init__(self, folder: Path, instead: Mapping[str, str], environ: Mapping[str, str]) -> None:
        self.folder = folder / "project"
        shutil.copytree(ROOT, self.folder, ignore=_LEFT_OUT, symlinks=True)
        (self.folder / ".venv").symlink_to(ROOT / ".venv")
        for name in ("pyproject.toml", "tools/venv.sh"):
            # Older than what was made of them: or make would install the copy in place of the project.
            os.utime(self.folder / name, (0, 0))
        self._instead = instead
        self._servers: list[subprocess.Popen[str]] = []
        home = folder / "home"
        home.mkdir()
        path = f"{os.path.dirname(COMMAND)}:{os.environ['PATH']}"  # noqa: PTH120 -- a text, as PATH is
        self._environ = {**os.environ, "HOME": str(home), "PATH": path, "TZ": "UTC", "NO_COLOR": "1", **environ}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.kill()
            server.wait()

    def here(self, text: str) -> str:
        """Return a text of a document with what is there here in place of what it names."""
        for named, meant in self._instead.items():
            text = text.replace(named, meant)
        return text

    def type(self, block: Block) -> None:
        """Type a block of commands, or of commands with what they say; AssertionError if that is not what happens."""
        if block.language == "console":
            self._talk(block)
        elif block.text.startswith("regbot server"):
            self._serve(block)
        else:
            status, said = self._run(block.text)
            assert status == 0, f"{block} ended with {status}:\n{said}"

    def leave(self) -> None:
        """End the servers, as Ctrl-C does."""
        for server in self._servers:
            server.send_signal(signal.SIGINT)
            assert server.wait(WITHIN) == 0, "a server that is stopped ends with 0"

    def _run(self, text: str, stdin: str = "") -> tuple[int, str]:
        done = subprocess.run(
            ["/bin/sh", "-eu", "-c", self.here(text)],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env=self._environ,
            timeout=WITHIN * 5,
            check=False,
        )
        return done.returncode, done.stdout

    def _serve(self, block: Block) -> None:
        log = self.folder.parent / f"server-{len(self._servers)}.log"
        with log.open("w") as written:
            server = subprocess.Popen(
                ["/bin/sh", "-eu", "-c", f"exec {self.here(block.text)}"],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                text=True,
                cwd=self.folder,
                env=self._environ,
            )
        self._servers.append(server)
        end = time.monotonic() + WITHIN
        while "Server started" not in log.read_text():
            assert server.poll() is None, f"{block}:\n{log.read_text()}"
            assert time.monotonic() < end, f"{block} does not start:\n{log.read_text()}"

    def _talk(self, block: Block) -> None:
        for command, typed, answer in exchanges(block.text):
            _, said = self._run(command, typed)
            assert re.fullmatch(pattern(answer), said), f"{block} shows:\n{answer}\nbut it is:\n{said}"


def exchanges(text: str) -> list[tuple[str, str, str]]:
    """Return command, what is typed at its own prompt ("> "), and what it answers, for each "$ " of a console."""
    found = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        # A command goes on behind a line that ends with a backslash.
        command, answer = re.fullmatch(r"((?:.*\\\n)*.*\n)([\s\S]*)", part).groups()  # type: ignore[union-attr]  # it always does
        lines = answer.splitlines(keepends=True)
        typed = "".join(line[2:] for line in lines if line.startswith("> "))
        found.append((command, typed, "".join(line for line in lines if not line.startswith("> "))))
    return found


def pattern(answer: str) -> str:
    """Return a pattern for an answer in which … stands for anything: in a line, or as a line for any lines."""
    lines = [
        r"(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in answer.splitlines()
    ]
    return "".join(lines)
