"""Sessions of `regbot shell` in real children; whoever types is scripted."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from regbot.config.model import PLAIN
from regbot.registry.files.files import Files
from regbot.registry.registries import Registries
from regbot.supervisor.children.launcher import LauncherFailed, open_launcher
from regbot.supervisor.gates import Means
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.shell import Chunk, Shell
from tests.images import image, push
from tests.supervisor.scripts import plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from regbot.supervisor.report import Report
    from tests.docker_registry import DockerRegistry

ENDLESS = "while true do end"
AS_LONG_AS_IT_TAKES = 3600.0
"""Seconds that a chunk has after Ctrl-C where it is not to be killed, however busy the machine."""


class Typist:
    """Gives chunks, and does what stands among them; remembers what came of each, and which children were lost."""

    def __init__(self, *chunks: str | Callable[[], None], interactive: bool = True) -> None:
        self.interactive = interactive
        self.given = trio.Event()
        """A chunk that does not end by itself was given."""
        self.came: list[tuple[str, str]] = []
        self.lost_by: list[str] = []
        self._chunks = list(chunks)

    def next(self, word: str, shown: str) -> Chunk | None:
        """Return the next chunk."""
        if word != "ready":
            self.came.append((word, shown))
        while self._chunks:
            chunk = self._chunks.pop(0)
            if isinstance(chunk, str):
                if chunk == ENDLESS or "silent" in chunk:
                    self.given.set()
                return Chunk(chunk.encode("utf-8", "surrogateescape"))
            chunk()
        return None

    def lost(self, why: str) -> bool:
        """Take note of it."""
        self.lost_by.append(why)
        return self.interactive


@pytest.fixture
def silent() -> Iterator[str]:
    """Give the name of a registry that takes connections, and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@asynccontextmanager
async def session(
    typist: Typist,
    *hosts: str,
    dry_run: bool = False,
    entry: Path | None = None,
    grace: float = 0.05,
    log: StringIO | None = None,
) -> AsyncIterator[Shell]:
    """Make a session with registries."""
    async with Registries(plain(*hosts), read_only=dry_run, user_agent="test") as registry:
        opened = open_launcher(entry=entry) if entry else open_launcher()
        async with opened as launcher:
            made = open_log(Writer(8, stream=log or StringIO()))
            means = Means(launcher, registry, registry, Files("/"), made, 0, dry_run)
            yield Shell(means, PLAIN, typist, grace=grace)


async def typed(typist: Typist, *hosts: str, dry_run: bool = False) -> Report:
    """Run a session to its end."""
    async with session(typist, *hosts, dry_run=dry_run) as shell:
        return await shell.run()


async def interrupted(
    typist: Typist, *hosts: str, times: int = 1, by: int = signal.SIGINT, grace: float = 0.05
) -> Report:
    """Run a session in which a signal comes while the chunk that does not end runs."""
    async with session(typist, *hosts, grace=grace) as shell, trio.open_nursery() as nursery:

        async def interrupt() -> None:
            await typist.given.wait()
            for _ in range(times):
                os.kill(os.getpid(), by)
                await wait_all_tasks_blocked()

        nursery.start_soon(interrupt)
        return await shell.run()


async def test_variables_stay() -> None:
    """Chunks share the globals of one child, and errors end none."""
    typist = Typist("x = 1", "error('no')", "x", "'\udcff'")
    report = await typed(typist)
    assert typist.came == [("done", ""), ("error", "shell:1: no"), ("values", "1"), ("values", '"\udcff"')]
    assert (report.failed, report.stopped_by, typist.lost_by) == (False, None, [])


async def test_a_child_that_is_full_is_replaced() -> None:
    """A child without memory ends with its variables; the next chunk has another."""
    typist = Typist("x = 1 t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end", "x")
    await typed(typist)
    assert typist.came == [("values", "nil")]
    assert typist.lost_by == ["shell: out of memory (limit: memory of 128 MiB)"]


async def test_a_stream_ends_with_its_child() -> None:
    """What comes from a pipe does not go on without its variables."""
    typist = Typist("t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end", "x", interactive=False)
    assert (await typed(typist)).failed
    assert typist.came == []


async def test_dry_run(registry: DockerRegistry) -> None:
    """In a dry run nothing is written; what would have been is in the report, and seen by later chunks."""
    push(registry, "a", "v1", image())
    typist = Typist(f"image.copy('{registry.host}/a:v1', '{registry.host}/a:v2')", f"tag.ls('{registry.host}/a')")
    report = await typed(typist, registry.host, dry_run=True)
    assert typist.came == [("done", ""), ("values", '{"v1", "v2"}')]
    assert [change.what for change in report.changes] == ["put manifest"]
    assert registry.tags("a") == {"v1"}


@pytest.mark.parametrize(
    "chunk",
    [
        "tag.ls('{}/silent')",
        "parallel.each({{1, 2, 3}}, function() tag.ls('{}/silent') end)",
        "while true do tag.ls('{}/silent') end",
    ],
)
async def test_ctrl_c_ends_operations(silent: str, chunk: str) -> None:
    """Ctrl-C ends what a chunk does in registries, as an error of the chunk; its variables stay."""
    typist = Typist("x = 1", chunk.format(silent), "x")
    await interrupted(typist, silent, grace=AS_LONG_AS_IT_TAKES)
    assert typist.came[1] == ("error", f'shell:1: tag.ls "{silent}/silent": cancelled')
    assert (typist.came[2], typist.lost_by) == (("values", "1"), [])


async def test_ctrl_c_against_one_who_goes_on(silent: str) -> None:
    """After Ctrl-C every operation fails until the chunk is over, so a loop that catches errors is over soon."""
    loop = f"for i = 1, 50 do pcall(tag.ls, '{silent}/silent') end"
    typist = Typist("x = 1", loop, "x", "tag.ls('ocidir://none')")
    await interrupted(typist, silent, grace=AS_LONG_AS_IT_TAKES)
    assert (typist.came[2], typist.lost_by) == (("values", "1"), [])
    assert typist.came[3][0] == "error"
    assert "cancelled" not in typist.came[3][1]


@pytest.mark.parametrize(("times", "grace"), [(1, 0.05), (2, 3600)])
async def test_ctrl_c_against_lua(times: int, grace: float) -> None:
    """Lua that asks nobody is killed a moment after Ctrl-C, and at once after the second; a new child goes on."""
    typist = Typist("x = 1", ENDLESS, "x")
    report = await interrupted(typist, times=times, grace=grace)
    assert typist.came == [("done", ""), ("values", "nil")]
    assert (typist.lost_by, report.stopped_by) == (["shell: cut off by Ctrl-C"], None)


async def test_ctrl_c_is_for_one_chunk(silent: str) -> None:
    """A chunk that ended in time after Ctrl-C has no consequences for the next one, however long that takes."""
    busy = "local begin = os.clock() while os.clock() - begin < 0.6 do end return 'undisturbed'"
    typist = Typist(f"tag.ls('{silent}/silent')", busy)
    await interrupted(typist, silent, grace=0.4)
    assert (typist.came[1], typist.lost_by) == (("values", '"undisturbed"'), [])


@pytest.mark.parametrize(("by", "interactive"), [(signal.SIGTERM, True), (signal.SIGHUP, True), (signal.SIGINT, False)])
async def test_a_signal_ends_the_program(by: int, interactive: bool) -> None:  # noqa: FBT001 -- a column of the table
    """A signal that is not for the chunk ends the session, whatever runs."""
    typist = Typist(ENDLESS, "x", interactive=interactive)
    report = await interrupted(typist, by=by)
    assert (report.stopped_by, typist.came) == (by, [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_at_the_prompt(number: int) -> None:
    """A signal that comes while somebody types, and that the dialogue does not heed, ends the session."""
    typist = Typist("x = 1", lambda: os.kill(os.getpid(), number), "x")
    report = await typed(typist)
    assert (report.stopped_by, typist.came) == (number, [("done", "")])


async def test_a_dialogue_that_breaks() -> None:
    """An error of the terminal ends the session, and is the caller's to tell."""

    def hang_up() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await typed(Typist("x = 1", hang_up))


async def test_a_defect() -> None:
    """An exception that nobody thought of ends a child, is told as our defect, and leaves its trace in the log."""
    log = StringIO()
    typist = Typist("x = 1", list[None]().pop, "x")
    async with session(typist, log=log) as shell:
        await shell.run()
    assert typist.lost_by == ["shell: shell.read met a defect of regbot (IndexError): please report it"]
    assert (typist.came[-1], "pop from empty list" in log.getvalue()) == (("values", "nil"), True)


async def test_no_child_to_be_had() -> None:
    """Where no child comes as far as its first question, the session ends with an error."""
    typist = Typist("x")
    async with session(typist, entry=Path("/dev/null")) as shell:
        with pytest.raises(LauncherFailed):
            await shell.run()
    assert typist.lost_by == []
