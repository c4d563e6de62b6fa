from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.supervisor.doctor import advice
from regbot.supervisor.doctor.examination import CannotExamine, examine
from regbot.supervisor.doctor.trial_run import trial_run
from regbot.supervisor.doctor.walls import missing

if TYPE_CHECKING:
    from pathlib import Path


async def test_here() -> None:
    """Where this runs all that must hold does, and there are words for every wall that is looked at."""
    walls = await examine()
    assert missing(walls, []) == []
    assert {wall.name for wall in walls} == advice.KEEPS.keys()


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (
            "import os; print('net yes', flush=True); os.kill(os.getpid(), 9)",
            "killed by SIGKILL after it had looked at",
        ),
        ("import os; os.kill(os.getpid(), 31)", "killed by SIGSYS: a filter around regbot forbids"),
        ("raise SystemExit(3)", "ended with status 3 "),
    ],
)
async def test_no_end(program: str, why: str, tmp_path: Path) -> None:
    """An examination that does not come to its end is an error that says how it ended."""
    entry = tmp_path / "entry.py"
    entry.write_text(program)
    with pytest.raises(CannotExamine, match=why):
        await examine(entry)


async def test_trial_run() -> None:
    """A hot loop of Lua ends well in a child of a real launcher, and what that took is known."""
    trial = await trial_run()
    assert trial.fault == ""
    assert trial.run > 0
    assert trial.launcher > 0
