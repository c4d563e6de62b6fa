from __future__ import annotations

import os
from pathlib import Path

import pytest

from regbot.sandbox import privileges
from tests.sandbox.raw import RawLauncher


def in_status(pid: int, key: str) -> str:
    """Return one line of /proc/PID/status."""
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(f"{key}:"))
    return line.partition(":")[2].strip()


@pytest.mark.parametrize("key", ["CapEff", "CapPrm"])
def test_launcher_keeps_what_children_need(key: str) -> None:
    """The launcher keeps three capabilities where its children can become nobody with them, and else none."""
    needed = privileges.CAP_KILL | privileges.CAP_SETGID | privileges.CAP_SETUID
    with RawLauncher() as raw:
        kept = needed if "\nnobody yes" in raw.hello else 0
        assert int(in_status(raw.process.pid, key), 16) == kept


def test_root_can_become_nobody() -> None:
    """Where the launcher has every privilege, its children become nobody."""
    with RawLauncher() as raw:
        whole = os.getuid() == 0 and int(in_status(os.getpid(), "CapEff"), 16) & 0xFF == 0xFF
        assert ("\nnobody yes" in raw.hello) == whole


def test_nothing_can_come_back() -> None:
    """The launcher can inherit no capability, and an exec would give it none where it may say so."""
    with RawLauncher() as raw:
        assert int(in_status(raw.process.pid, "CapInh"), 16) == 0
        if os.getuid() == 0:
            assert int(in_status(raw.process.pid, "CapBnd"), 16) == 0
