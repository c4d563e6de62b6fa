"""A script that has native code: what is around Lua holds alone."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.sandbox.pipe import PIPE_FD
from regbot.supervisor.runs.outcome import Verdict
from tests.native import ENTRY
from tests.native.attacks import ATTACKS, CRASHES, FORGED, HEAD, PYTHON, forged
from tests.supervisor.scripts import runner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.supervisor.runs.outcome import Outcome

ESCAPED: Final = "ESCAPED"

ADDRESS: Final = "local ffi = require('ffi') error(tostring(ffi.cast('void *', ffi.C.%s)), 0)"
CODE: Final = HEAD + ADDRESS % "getpid"

HOT: Final = "local sum = 0 for i = 1, 1e6 do sum = sum + i % 7 end"
LOOPS: Final = {
    "main": HOT,
    "coroutine": f"coroutine.wrap(function() {HOT} end)()",
    "chunk": f"load([[{HOT}]])()",
    "parallel": f"parallel.each({{1, 2}}, function() {HOT} end)",
    "callback": f"string.gsub(('x'):rep(100), 'x', function() {HOT.replace('1e6', '1e4')} end)",
}


def native(scripts: Mapping[str, str]) -> dict[str, Outcome]:
    """Run scripts in native children of one launcher."""

    async def run_all() -> dict[str, Outcome]:
        async with runner(entry=ENTRY) as run:
            return {name: await run(text) for name, text in scripts.items()}

    return trio.run(run_all)


@cache
def jailed() -> dict[str, Outcome]:
    """Return how each attack ended."""
    return native({**ATTACKS, **CRASHES})


@cache
def free() -> dict[str, str]:
    """Return how each attack ended without a jail (naive.py)."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.native.naive"],
        input=json.dumps({**ATTACKS, **CRASHES}),
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name: str) -> None:
    """What succeeds without a jail (or this proves nothing) is the end of the run inside, or refused."""
    assert free()[name] == ESCAPED
    assert ESCAPED not in jailed()[name].error
    assert jailed()[name].verdict in {Verdict.CRASHED, Verdict.SUCCESS}


@pytest.mark.parametrize("name", CRASHES)
def test_crash(name: str) -> None:
    """What destroys its own process does so anywhere; here it is one run that crashed, and others go on."""
    assert free()[name].startswith("status ")
    assert jailed()[name].verdict is Verdict.CRASHED


@pytest.mark.parametrize("name", FORGED)
def test_forged(name: str) -> None:
    """Bytes that native code writes into the pipe end its run, as those of a child that broke the rules."""
    assert native({name: forged(FORGED[name], PIPE_FD)})[name].verdict is Verdict.PROTOCOL


def test_native_code_is_there() -> None:
    """The build gives what it says: functions of C, and Python in the child."""
    ends = native({"getpid": CODE, "python": HEAD + PYTHON % "1"})
    assert "cdata<void *>: 0x" in ends["getpid"].error
    assert ESCAPED in ends["python"].error


def test_children_share_a_layout_and_launchers_do_not() -> None:
    """An address of one run holds for others of the same launcher, and for none of the next."""
    first = native({"one": CODE, "other": CODE})
    assert first["one"].error == first["other"].error
    assert native({"one": CODE})["one"].error != first["one"].error


def test_the_compiler_stays_off() -> None:
    """No loop, wherever it is, becomes machine code: that would be fatal (as jit.on is, above)."""
    assert {name: end.verdict for name, end in native(LOOPS).items()} == dict.fromkeys(LOOPS, Verdict.SUCCESS)
