"""One run, in a real child: every way it can end."""

from __future__ import annotations

from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.registry.registries import Registries
from regbot.supervisor.children.launcher import Launcher, open_launcher
from regbot.supervisor.gate import Gate
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.runs.run import Run
from tests.images import image, push, write_layout
from tests.supervisor.scripts import plain, runner, script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.reference import Repository
    from regbot.supervisor.children.child import Child, ChildLimits
    from tests.docker_registry import DockerRegistry

STAND_IN: Final = Path(__file__).parents[2] / "sandbox" / "stand_in.py"
"""A launcher whose children do what their script names, in Python."""
LIMIT: Final = 0.3
OVERRUN: Final = 5.0
"""Seconds that a loaded machine may be late; a child that nobody kills is later than any bound."""

TAGS: Final = [f"{number:0100}" for number in range(50_000)]

ENDLESS: Final = {
    "loop": "while true do end",
    "pcall": "while true do pcall(error, 'caught') end",
    "pattern": "string.find(('a'):rep(60), ('a*'):rep(40) .. 'b')",
    "coroutine": "while true do coroutine.wrap(function() end)() end",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
async def test_endless_scripts_end_at_their_timeout(text: str) -> None:
    """Nothing that Lua can do outlives the timeout; the error names script and limit, and the next script runs."""
    async with runner() as run:
        with trio.fail_after(LIMIT + OVERRUN):
            outcome = await run(text, limit=LIMIT)
        after = await run("log('still here')")
    assert (outcome.verdict, outcome.error) == (Verdict.TIMEOUT, "main: timeout after 0.3s (limit: timeout)")
    assert after.verdict is Verdict.SUCCESS


async def test_operations_in_a_loop_end_at_the_timeout(registry: DockerRegistry) -> None:
    """A loop that catches every error of an operation ends, and the error says where it was."""
    async with runner(registry.host) as run:
        with trio.fail_after(1 + OVERRUN):
            outcome = await run(f'while true do\npcall(tag.ls, "{registry.host}/none")\nend', limit=1)
    assert outcome.verdict is Verdict.TIMEOUT
    assert outcome.error.startswith(("main:2: timeout after 1s (limit: timeout)", "main: timeout after 1s"))


class Full(Registries):
    """A registry with more tags than a socket holds."""

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:  # noqa: ARG002 -- the interface's
        """Return megabytes."""
        return TAGS


@pytest.mark.parametrize("behaviour", ["unread", "loop"])
async def test_a_child_that_never_reads_ends_at_the_timeout(behaviour: str) -> None:
    """A taken-over child that reads no answer, or does nothing at all, is killed at its deadline like any other."""
    async with open_launcher(entry=STAND_IN) as launcher, Full(plain(), user_agent="test") as registry:
        log = open_log(Writer(8, stream=StringIO()))
        started = script(f"!{behaviour}!", timeout=LIMIT)
        with trio.fail_after(LIMIT + OVERRUN):
            outcome = await Run(started, Gate(registry=registry, slots=trio.CapacityLimiter(1)), log).execute(launcher)
    assert outcome.verdict is Verdict.TIMEOUT
    assert "timeout after 0.3s (limit: timeout)" in outcome.error


class Huge(Registries):
    """A registry with more tags than one answer holds."""

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:  # noqa: ARG002 -- the interface's
        """Return them."""
        return TAGS * 4


async def test_an_answer_may_be_too_large() -> None:
    """What does not fit into a frame is an error that the script can catch."""
    async with open_launcher() as launcher, Huge(plain(), user_agent="test") as registry:
        log = open_log(Writer(8, stream=StringIO()))
        gate = Gate(registry=registry, slots=trio.CapacityLimiter(1))
        text = "local ok, why = pcall(tag.ls, 'a/b') error(why, 0)"
        outcome = await Run(script(text), gate, log).execute(launcher)
    said = f"{4 * 50_000 * 102 + 5} bytes, of at most {16 << 20} (limit: messageBytes)"
    assert outcome.error == f"main:1: tag.ls: the answer has {said}"


class Hoarding(Registries):
    """A registry that takes blobs, and never comes to an end with one."""

    held = 0

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> bool:  # noqa: ARG002 -- the interface's
        """Hold on to the content."""
        self.held += 1
        await trio.sleep_forever()
        raise AssertionError


@pytest.mark.parametrize(
    ("behaviour", "verdict", "held"), [("small", Verdict.TIMEOUT, 20), ("large", Verdict.PROTOCOL, 1)]
)
async def test_large_arguments_are_held_one_at_a_time(behaviour: str, verdict: Verdict, held: int) -> None:
    """However many calls a taken-over child makes at once, of large ones the content of only one is held."""
    async with open_launcher(entry=STAND_IN) as launcher, Hoarding(plain(), user_agent="test") as registry:
        log = open_log(Writer(8, stream=StringIO()))
        gate = Gate(registry=registry, slots=trio.CapacityLimiter(1))
        outcome = await Run(script(f"!{behaviour}!", timeout=1), gate, log).execute(launcher)
    assert outcome.verdict is verdict
    assert registry.held <= held


@pytest.mark.parametrize("size", [1 << 10, 5 << 20])
async def test_what_is_put_is_answered(registry: DockerRegistry, size: int) -> None:
    """A blob of any size is put, read again, and its failures are answered like all others."""
    async with runner(registry.host) as run:
        outcome = await run(f"""
            local text = ("x"):rep({size})
            local digest, n = blob.put("{registry.host}/a", text)
            assert(n == {size} and blob.get("{registry.host}/a", digest):content(n) == text)
            assert(not pcall(blob.put, "Bad Name", text))
            log(digest)""")
    assert outcome.error == ""
    assert len(list((registry.folder / "store").rglob("data"))) == 1


@pytest.mark.parametrize(
    ("behaviour", "verdict"),
    [
        ("done", Verdict.SUCCESS),
        ("leave", Verdict.CRASHED),
        ("half", Verdict.CRASHED),
        ("open", Verdict.CRASHED),
        ("stumble", Verdict.CRASHED),
        ("garbage", Verdict.PROTOCOL),
        ("flood", Verdict.PROTOCOL),
        ("three_calls", Verdict.PROTOCOL),
        ("starve", Verdict.MEMORY),
    ],
)
async def test_every_other_end(behaviour: str, verdict: Verdict) -> None:
    """Whatever a child does, its run ends in an outcome, and only an honest end is a success."""
    async with runner(entry=STAND_IN) as run:
        outcome = await run(f"!{behaviour}!")
    assert outcome.verdict is verdict


async def test_a_script_that_eats_memory_meets_its_limit() -> None:
    """More memory than allowed ends the run, caught or not, with an outcome that names the limit."""
    async with runner() as run:
        outcome = await run("pcall(function() local t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end end)")
    assert outcome.verdict is Verdict.MEMORY
    assert "limit: memory of 128 MiB" in outcome.error


async def test_a_string_beyond_all_bounds_is_an_error() -> None:
    """A string of six gigabytes is refused where it is asked for."""
    async with runner() as run:
        outcome = await run("local s = ('x'):rep(6e9)")
    assert (outcome.verdict, outcome.error) == (Verdict.ERROR, "main:1: resulting string too large")


async def test_an_error_carries_script_and_line() -> None:
    """An uncaught error begins with the script's name and line, and has a traceback for debugging."""
    async with runner() as run:
        outcome = await run("local function f()\n  error('boom')\nend\nf()")
    assert (outcome.verdict, outcome.error) == (Verdict.ERROR, "main:2: boom")
    assert "main:4" in outcome.traceback


async def test_an_operations_error_names_operation_reference_and_cause(registry: DockerRegistry) -> None:
    """What a registry refuses is an error at the script's line, with the registry's own code."""
    async with runner(registry.host) as run:
        outcome = await run(f'\ntag.ls("{registry.host}/none")\nlog("not reached")')
    assert outcome.error.startswith(f'main:2: tag.ls "{registry.host}/none')
    assert "NAME_UNKNOWN" in outcome.error


async def test_calls_get_their_answers(registry: DockerRegistry) -> None:
    """A script reads what is in the registry."""
    push(registry, "a", "v1", image(labels={"version": "7"}))
    async with runner(registry.host) as run:
        outcome = await run(f'error(image.config("{registry.host}/a:v1").Config.Labels.version, 0)')
    assert outcome.error == "main: 7"


class Broken(Registries):
    """A registry with a defect."""

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:
        """Fail as nobody thought of."""
        raise ZeroDivisionError(f"{repository} {limit} {last}")


async def test_a_defect_of_ours_ends_its_run_alone() -> None:
    """An error that nobody thought of ends the run that met it and no other, and is told as a defect with its trace."""
    async with open_launcher() as launcher, Broken(plain(), user_agent="test") as registry:
        gate = Gate(registry=registry, slots=trio.CapacityLimiter(1))
        log = open_log(Writer(8, stream=StringIO()))
        outcome = await Run(script('pcall(tag.ls, "a/b")\nlog("not reached")'), gate, log).execute(launcher)
        after = await Run(script("log('fine')"), gate, log).execute(launcher)
    assert (outcome.verdict, after.verdict) == (Verdict.DEFECT, Verdict.SUCCESS)
    assert outcome.error == "main:1: tag.ls met a defect of regbot (ZeroDivisionError): please report it"
    assert "ZeroDivisionError: docker.io/a/b" in outcome.traceback


class Stumbling(Launcher):
    """A launcher with a defect."""

    def __init__(self) -> None:
        """Start nothing."""

    @asynccontextmanager
    async def child(self, limits: ChildLimits) -> AsyncIterator[Child]:
        """Fail as nobody thought of."""
        yield self._lost(limits)

    def _lost(self, limits: ChildLimits) -> Child:
        raise ZeroDivisionError(limits.memory)


async def test_a_defect_before_the_script() -> None:
    """What goes wrong where the child is made ends its run, too, and goes no further."""
    async with Registries(plain(), user_agent="test") as registry:
        gate = Gate(registry=registry, slots=trio.CapacityLimiter(1))
        outcome = await Run(script("log('fine')"), gate, open_log(Writer(8, stream=StringIO()))).execute(Stumbling())
    assert outcome.verdict is Verdict.DEFECT
    assert outcome.error == "main: the run itself met a defect of regbot (ZeroDivisionError): please report it"


async def test_times_to_wait_are_longer_than_nothing() -> None:
    """A negative or empty time to wait is the script's mistake, not ours."""
    async with runner() as run:
        outcome = await run('image.ratelimitWait("a/b", 1, "5m", "-1s")')
    assert outcome.error.endswith("argument 4: a duration longer than 0s was expected")


async def test_any_bytes_go_to_a_blob_and_back(tmp_path: Path) -> None:
    """No byte of a blob is changed on its way from Lua and back."""
    async with runner(files=tmp_path) as run:
        outcome = await run("""
            local bytes = {} for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
            local text = table.concat(bytes)
            local digest = blob.put("ocidir://a", text)
            assert(blob.get("ocidir://a", digest):content() == text)""")
    assert outcome.error == ""


async def test_tar_files_lie_beneath_the_files_folder(tmp_path: Path) -> None:
    """A script can write a tar file beneath the files folder and nowhere else."""
    write_layout(tmp_path / "a", {"v1": image()})
    async with runner(files=tmp_path) as run:
        outcome = await run("""
            image.exportTar("ocidir://a:v1", "x.tar")
            image.exportTar("ocidir://a:v1", "../x.tar")""")
    assert outcome.error.startswith('main:3: image.exportTar "ocidir://a:v1" to "../x.tar": ".." leads out of ')
    assert (tmp_path / "x.tar").exists()
