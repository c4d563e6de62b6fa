from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest

from regbot.config.loading import load
from regbot.supervisor.children.launcher import ENTRY
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.service import CannotRun, Options, once
from tests.supervisor.children.entries import broken, counting
from tests.supervisor.processes import launchers

if TYPE_CHECKING:
    from pathlib import Path

    from regbot.supervisor.report import Report

THREE = "{name: a, script: 'x = 1'}, {name: b, script: 'x = 1'}, {name: c, script: 'x = 1'}"
LACKING = "hello\nlandlock no Function not implemented"


async def run(text: str, entry: Path) -> Report:
    """Run the scripts of a configuration with a launcher of our own."""
    config = load(text.encode(), "test", environ={}).config
    return await once(config, Options(entry=entry), open_log(Writer(8, stream=StringIO())))


@pytest.mark.parametrize(
    ("text", "children"),
    [
        ("scripts: [{name: a, script: 'x = 1'}]", 1),
        (f"scripts: [{THREE}]", 3),
        (f"{{defaults: {{parallel: 2}}, scripts: [{THREE}]}}", 3),
        ("scripts: [{name: a, script: ' '}, {name: b, script: 'x = 1'}]", 1),
        (f"scripts: [{THREE}, {{name: d, script: 'x = 1', limits: {{memory: 64MiB}}}}]", 4),
        ("scripts: [{name: a, script: ' '}]", 0),
    ],
    ids=["one", "three", "parallel", "empty", "limits", "none"],
)
async def test_a_child_for_each_run(
    text: str, children: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Children are made before their runs begin, and none that no run will take."""
    report = await run(text, counting(tmp_path, ENTRY))
    assert not report.failed
    assert capfd.readouterr().err == "." * children
    assert launchers() == []


async def test_required_wall_is_missing(tmp_path: Path) -> None:
    """Without a wall that is required no script is run, and whoever reads that knows which, why and what to do."""
    entry = broken(tmp_path, LACKING, silent=True)
    with pytest.raises(CannotRun) as raised:
        await run(f"{{isolation: {{require: landlock}}, scripts: [{THREE}]}}", entry)
    assert str(raised.value).startswith("no script can run here: isolation.require names landlock, which does not hold")
    assert launchers() == []


async def test_nothing_to_run(tmp_path: Path) -> None:
    """What is required is no matter where nothing is run."""
    entry = broken(tmp_path, LACKING, silent=True)
    report = await run("{isolation: {require: landlock}, scripts: [{name: a, script: ' '}]}", entry)
    assert not report.failed
