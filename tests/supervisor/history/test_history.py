"""Runs that were, and what becomes of them over restarts, deaths and full disks."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.supervisor.history.unusable import HistoryUnusable
from tests.supervisor.history.histories import NOW, begun, history, trail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

WRITER: Final = """
import sys, trio
from dataclasses import replace
from pathlib import Path
from tests.supervisor.history.histories import NOW, begun, history, trail

async def work(kept):
    while True:
        record = await kept.begin(begun())
        print(record.id, flush=True)
        await kept.end(replace(record, ended=NOW, outcome="success", operations=1, changes=1), trail())

async def main():
    async with history(Path(sys.argv[1]), rows=10**6) as kept, trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(work, kept)

trio.run(main)
"""


async def test_a_run_is_kept_whole(tmp_path: Path) -> None:
    """What is told of a run at its end, numbers and lists, is there after a restart."""
    done = trail()
    async with history(tmp_path) as kept:
        record = replace(await kept.begin(begun()), ended=NOW, outcome="limit", limit="timeout", operations=1, sent=7)
        await kept.end(record, done)
    async with history(tmp_path) as kept:
        assert await kept.find(record.id) == record
        assert await kept.lines(record.id) == done.lines
        assert await kept.steps(record.id) == done.steps
        assert await kept.changes(record.id) == done.changes
        assert await kept.lines(record.id, after=1) == []


async def test_numbers_go_on(tmp_path: Path) -> None:
    """A number is never given twice, though its run was forgotten and the server started again."""
    async with history(tmp_path, rows=1) as kept:
        for _ in range(3):
            record = await kept.begin(begun())
            await kept.end(replace(record, ended=NOW, outcome="success"), trail())
    async with history(tmp_path) as kept:
        assert (await kept.begin(begun())).id == 4


async def test_what_was_running_is_lost(tmp_path: Path) -> None:
    """A run that had not ended when the server did is lost; one that had ended is what it was."""
    async with history(tmp_path) as kept:
        whole = await kept.begin(begun())
        await kept.end(replace(whole, ended=NOW, outcome="success"), trail())
        cut = await kept.begin(begun())
    async with history(tmp_path) as kept:
        assert kept.lost == 1
        found = {record.id: record.outcome for record in await kept.runs()}
        assert found == {whole.id: "success", cut.id: "lost"}


def ended_by_kill(folder: Path, after: int) -> int:
    """Have a process keep runs, kill it when it has told of so many, return the last number it told."""
    command = [sys.executable, "-c", WRITER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(after):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        told = [int(line) for line in process.stdout.read().splitlines() if line]
        return max(told, default=after)


@pytest.mark.parametrize("after", [1, 40, 173])
async def test_killed(tmp_path: Path, after: int) -> None:
    """After SIGKILL every run that was told is there, those that had ended with all that they did."""
    last = await trio.to_thread.run_sync(ended_by_kill, tmp_path / "state", after)
    async with history(tmp_path / "state", rows=10**6) as kept:
        records = await kept.runs(limit=10**6)
        assert {record.id for record in records} >= set(range(1, last + 1))
        for record in records:
            lists = await kept.lines(record.id), await kept.steps(record.id), await kept.changes(record.id)
            whole = record.outcome == "success"
            assert record.outcome in {"success", "lost"}
            assert [len(each) for each in lists] == ([1, 1, 1] if whole else [0, 0, 0])
    with sqlite3.connect(tmp_path / "state" / "history.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


async def test_one_server_a_folder(tmp_path: Path) -> None:
    """A second server is told that the folder is taken; the first does not notice."""
    async with history(tmp_path) as kept:
        with pytest.raises(HistoryUnusable, match="another server keeps its history there"):
            async with history(tmp_path):
                raise AssertionError
        assert (await kept.begin(begun())).id == 1


async def test_foreign_files(tmp_path: Path) -> None:
    """A file that is no database, and a folder that is none, are told and left as they are."""
    (tmp_path / "history.db").write_bytes(b"something else, and long enough to be looked at" * 100)
    with pytest.raises(HistoryUnusable, match=str(tmp_path)):
        async with history(tmp_path):
            raise AssertionError
    assert (tmp_path / "history.db").read_bytes().startswith(b"something else")
    with pytest.raises(HistoryUnusable, match="no folder"):
        async with history(tmp_path / "history.db"):
            raise AssertionError


@pytest.mark.parametrize(
    ("folder", "why"),
    [("/no/such/folder", "/no/such is not there; make it"), ("/proc/regbot", "nothing can be made in /proc")],
)
async def test_no_folder_there(folder: str, why: str) -> None:
    """A folder that cannot be made is told with the reason: its parent is missing, or nobody can make any there."""
    with pytest.raises(HistoryUnusable, match=why):
        async with history(Path(folder)):
            raise AssertionError


async def test_days_and_rows(tmp_path: Path) -> None:
    """Runs that are older than the days, and those beyond the rows, are forgotten; the latest stay."""
    async with history(tmp_path, rows=10**6) as kept:
        for age in (40, 20, 10, 5):
            when = NOW - timedelta(days=age)
            record = await kept.begin(begun(f"{age}", when))
            await kept.end(replace(record, ended=when, outcome="success"), trail())
    async with history(tmp_path, days=30) as kept:
        assert [record.script for record in await kept.runs()] == ["5", "10", "20"]
    async with history(tmp_path, rows=2) as kept:
        assert [record.script for record in await kept.runs()] == ["5", "10"]


async def test_pages_and_scripts() -> None:
    """Runs come latest first, of one script or of all, from a number down; `last` has the latest ended of each."""
    async with history(None) as kept:
        for script in ("a", "b", "a", "b"):
            record = await kept.begin(begun(script))
            await kept.end(replace(record, ended=NOW, outcome="success"), trail())
        await kept.begin(begun("a"))
        assert [record.id for record in await kept.runs()] == [5, 4, 3, 2, 1]
        assert [record.id for record in await kept.runs(script="a", before=5, limit=1)] == [3]
        assert {script: record.id for script, record in (await kept.last()).items()} == {"a": 3, "b": 4}


async def test_any_text() -> None:
    """Bytes that are no UTF-8, zeros and quotes in names and messages are kept as something that can be shown."""
    name = "'; DROP TABLE runs; --\x00\udcff"
    async with history(None) as kept:
        record = await kept.begin(begun(name))
        await kept.end(replace(record, ended=NOW, outcome="error", error="a\x00b\udcff"), trail("\x00\ud800"))
        found = await kept.find(record.id)
        assert found is not None
        assert found.script.startswith("'; DROP TABLE runs; --")
        assert len(await kept.lines(record.id)) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of 1 MiB."""
    if os.geteuid() != 0:
        assert "CI" not in os.environ, "CI is root"
        pytest.skip("only root can mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _fill(file: FileIO) -> None:
    while True:
        file.write(bytes(4096))


async def test_full_disk(small_disk: Path) -> None:
    """On a full disk runs go on and have numbers, the operator is told, and with room again history goes on."""
    told: list[str] = []
    async with history(small_disk / "state", told=told) as kept:
        first = await kept.begin(begun())
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            _fill(file)
        numbers = []
        for _ in range(40):
            record = await kept.begin(begun())
            await kept.end(replace(record, ended=NOW, outcome="success"), trail("x" * 50_000))
            numbers.append(record.id)
        assert numbers == list(range(first.id + 1, first.id + 41))
        assert kept.failed > 0
        assert "make room" in told[0]
        filler.unlink()
    async with history(small_disk / "state") as kept:
        assert (await kept.begin(begun())).id > numbers[-1]
