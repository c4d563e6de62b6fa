"""The program as users run it: the installed command, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMAND: Final = str(Path(sys.executable).with_name("regbot"))


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    status: int
    stdout: str
    stderr: str

    @property
    def records(self) -> list[dict[str, object]]:
        """The records of a JSON log."""
        return [json.loads(line) for line in self.stderr.splitlines() if line.startswith("{")]

    @property
    def messages(self) -> list[str]:
        """What the scripts logged, in order."""
        return [str(record["message"]) for record in self.records if record["msg"] == "User script message"]

    @property
    def errors(self) -> dict[str, str]:
        """The error of each script that failed."""
        return {str(record["script"]): str(record["error"]) for record in self.records if "error" in record}


def regbot(*words: str, stdin: str = "", folder: Path | None = None, environ: Mapping[str, str] | None = None) -> Ended:
    """Run a command line in *folder*; HOME is there, too, so that nobody's Docker login is used."""
    home = {"HOME": str(folder or "/nonexistent")}
    # A user's environment, and what measures the coverage of the tests.
    given = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "TZ"} or "COVERAGE" in name}
    done = subprocess.run(
        [COMMAND, *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
        env={**given, **home, **(environ or {})},
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def once(config: str, *words: str, folder: Path | None = None, environ: Mapping[str, str] | None = None) -> Ended:
    """Run `regbot once` on the text of a configuration, with a JSON log."""
    return regbot("once", "-c", "-", "--logopt", "json", *words, stdin=config, folder=folder, environ=environ)
