"""Commands as whole processes: how long they take, and what memory."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

POLL: Final = 0.01
"""Seconds between two looks at a process."""
_HIGH_WATER: Final = re.compile(r"VmHWM:\s+(\d+) kB")


def regbot(config: Path) -> list[str]:
    """Return the command that runs a configuration once."""
    return [str(Path(sys.executable).with_name("regbot")), "once", "-c", str(config)]


def timed(words: list[str]) -> tuple[float, float, float]:
    """Return wall seconds and CPU seconds of a command with all its children, and the peak of its own memory in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin, peak = time.perf_counter(), 0
    # A pipe that nobody reads would hold up who has much to say.
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT) as process:
            while process.poll() is None:
                peak = max(peak, _peak(process.pid))
                time.sleep(POLL)
            taken = time.perf_counter() - begin
        said.seek(0)
        assert process.returncode == 0, said.read(1000).decode()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak / 1e6


def _peak(pid: int) -> int:
    """Return the most bytes that a process ever had in memory; 0 if it has ended."""
    # Not what wait4() says: that counts the memory of whoever forked, too.
    match = _HIGH_WATER.search(Path(f"/proc/{pid}/status").read_text())
    return int(match[1]) * 1024 if match else 0
