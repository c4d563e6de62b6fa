"""How soon a server answers, and how much memory it takes."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def started(pid: int) -> float:
    """Return when a process was made, in seconds of CLOCK_BOOTTIME (proc(5), starttime): no later than its exec."""
    # The name of the program may hold anything, blanks and brackets included.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[19]) / _TICKS


def memory(pid: int) -> int:
    """Return the bytes of memory of a process and all below it; what they share is counted once (PSS)."""
    return sum(_pss(each) for each in _family(pid))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _pss(pid: int) -> int:
    found = re.search(r"^Pss: +(\d+) kB$", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) << 10 if found else 0
