"""What matrix.py measured, as the table of docs/security.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

USERS: Final = {"root": 0, "user": 1000}
"""Who starts the launcher: root's children become nobody, everybody else's live in a user namespace."""
BEGIN: Final = "<!-- measured: python -m tests.walls, as root; a test compares -->"
END: Final = "<!-- end of measured -->"
DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "security.md"

Matrix = dict[str, dict[str, bool]]


@cache
def matrix(user: int) -> Matrix:
    """Return whether each attack succeeds against each choice of walls (matrix.py)."""
    command = [sys.executable, "-m", "tests.walls.matrix", str(user)]
    # The other user cannot write a report of coverage.
    environment = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    measured: Matrix = json.loads(done.stdout)
    return measured


def walls() -> list[str]:
    """Return the names of the walls, in the order of the columns."""
    return [choice.removeprefix("only ") for choice in matrix(USERS["root"]) if choice.startswith("only ")]


def stoppers(user: int, attack: str) -> set[str]:
    """Return the walls that stop an attack alone; none of an attack that this user cannot make anywhere."""
    measured = matrix(user)
    return {wall for wall in walls() if measured["none"][attack] and not measured[f"only {wall}"][attack]}


def sole(user: int, attack: str) -> set[str]:
    """Return the walls without which an attack succeeds against all the others."""
    return {wall for wall in walls() if matrix(user).get(f"all but {wall}", {}).get(attack)}


def markdown() -> str:
    """Return the table, a row an attack."""
    columns = ["attack", *walls(), "all but seccomp"]
    rows = [columns, ["---", *[":-:"] * len(walls()), "---"], *map(_row, matrix(USERS["root"])["none"])]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(attack: str) -> list[str]:
    anybody = matrix(USERS["user"])["none"][attack]
    stopped = not any(matrix(user)["all but seccomp"][attack] for user in USERS.values())
    return [
        attack if anybody else f"{attack} †",
        *(_mark(wall, attack, anybody=anybody) for wall in walls()),
        "stopped" if stopped else "**succeeds**",
    ]


def _mark(wall: str, attack: str, *, anybody: bool) -> str:
    holding = [name for name, user in USERS.items() if wall in stoppers(user, attack)]
    if not holding:
        return ""
    if any(wall in sole(user, attack) for user in USERS.values()):
        return "**only**"
    return "yes" if holding == list(USERS) or not anybody else holding[0]


def documented() -> str:
    """Return the table as docs/security.md has it."""
    return DOCUMENT.read_text().partition(BEGIN)[2].partition(END)[0].strip()
