"""Every limit of a run, met by the real command: an outcome that names it, and nothing else comes to harm."""

from __future__ import annotations

from typing import Final

import pytest

from regbot.config.model import Limits
from regbot.supervisor.runs.outcome import Verdict
from tests.regbot import Ended, once, regbot
from tests.supervisor.scripts import runner

BUSY: Final = "while true do pcall(error, 'caught') end"
FILL: Final = "local t = {} while true do pcall(function() t[#t + 1] = ('x'):rep(1e5) .. #t end) end"

CONFIG: Final = f"""
defaults:
  parallel: 2
  timeout: 20s
  limits: {{operations: 3}}
scripts:
- {{name: memory, limits: {{memory: 8MiB}}, script: "{FILL}"}}
- name: cpu
  limits: {{cpu: 1}}
  script: |
    log("begun")
    {BUSY}
- {{name: timeout, timeout: 300ms, limits: {{timeout: 1h}}, script: "{BUSY}"}}
- {{name: longest, timeout: 1h, limits: {{timeout: 300ms}}, script: "{BUSY}"}}
- {{name: both, limits: {{cpu: 5, timeout: 300ms}}, script: "{BUSY}"}}
- name: operations
  script: |
    for i = 1, 100 do
      pcall(reference.new, "a/b:" .. i)
      metric.add("seen")
    end
- name: off
  limits: {{operations: off}}
  script: |
    for i = 1, 100 do reference.new("a/b:" .. i) end
    log("none is too many")
- name: message
  limits: {{messageBytes: 64KiB, logBytes: 300}}
  script: |
    metric.add("tries")
    log("kept")
    pcall(blob.put, "ocidir://none", ("x"):rep(2^17))
- name: log
  limits: {{logBytes: 1KiB}}
  script: |
    for i = 1, 1e5 do print(("x"):rep(100)) end
    metric.add("end")
"""
ENDS: Final = {
    "memory": ("limit: memory", "memory: out of memory (limit: memory of 8 MiB)"),
    "cpu": ("limit: cpu", "cpu: CPU time of 1s is used up (limit: cpu)"),
    "timeout": ("limit: timeout", "timeout: timeout after 0.3s (limit: timeout)"),
    "longest": ("limit: timeout", "longest: timeout after 0.3s (limit: timeout)"),
    "both": ("limit: timeout", "both: timeout after 0.3s (limit: timeout)"),
    "operations": (
        "limit: operations",
        "operations:2: reference.new would be one more than the 3 operations of a run (limit: operations)",
    ),
    "message": (
        "limit: messageBytes",
        (
            "message:3: blob.put: the operation with its arguments has 131085 bytes or more"
            " (limit: messageBytes of 64 KiB)"
        ),
    ),
}


@pytest.fixture(scope="module")
def ended() -> Ended:
    """Run a script that meets each limit, all in one supervisor."""
    return once(CONFIG)


def test_check_accepts_them() -> None:
    """`regbot check` has nothing to say against a configuration with limits."""
    checked = regbot("check", "-c", "-", stdin=CONFIG)
    assert (checked.status, "warning" in checked.stdout + checked.stderr) == (0, False), checked


def test_every_limit_ends_its_run(ended: Ended) -> None:
    """The record of a run that met a limit names it, its value, and the script's line where that is known."""
    ends = {str(one["script"]): (one["outcome"], one["error"]) for one in ended.records if "error" in one}
    assert (ended.status, ends) == (1, ENDS)


def test_the_others_ran(ended: Ended) -> None:
    """Scripts that met no limit, or had it switched off, came to their ends; so did one whose log was cut."""
    assert {"off", "log"}.isdisjoint(ended.errors)
    assert "none is too many" in ended.messages


def test_the_log_is_cut(ended: Ended) -> None:
    """Of a log beyond its limit there is the beginning, and one line that says that the rest is cut, and by what."""
    said = [one for one in ended.records if one.get("script") == "log" and "outcome" not in one]
    assert [one["msg"] for one in said] == [
        *(4 * ["User script message"]),
        "The rest of this script's log is cut",
        "Script metrics",
    ]
    assert (said[4]["limit"], said[4]["bytes"], said[4]["level"]) == ("logBytes", 1024, "WARN")


def test_what_was_said_and_counted_before_is_kept(ended: Ended) -> None:
    """What a run logged and counted before it met a limit is in the log."""
    assert {"begun", "kept"} <= set(ended.messages)
    counted = {one["script"]: one["metrics"] for one in ended.records if "metrics" in one}
    assert counted == {"operations": {"seen": 3}, "message": {"tries": 1}, "log": {"end": 1}}


@pytest.mark.parametrize("most", [1, 3])
async def test_in_flight(most: int) -> None:
    """A script that asks for more operations at once than its limit gets all of their answers, in order."""
    text = """local l = {} for i = 1, 20 do l[i] = "a/b:" .. i end
        local found = parallel.map(l, reference.new, {limit = 20})
        for i = 1, 20 do assert(found[i]:tag() == tostring(i)) end"""
    async with runner() as run:
        outcome = await run(text, limits=Limits(in_flight=most))
    assert outcome.error == ""


async def test_the_limits_of_one_run_are_its_own() -> None:
    """The next run of a launcher has its own time, memory and log, however much the last one used."""
    async with runner() as run:
        small = Limits(memory=8 << 20, cpu=1)
        assert (await run(FILL, limits=small)).verdict is Verdict.MEMORY
        large = "local t = {} for i = 1, 300 do t[i] = ('x'):rep(1e5) .. i end"
        assert (await run(large, limits=small)).verdict is Verdict.MEMORY
        assert (await run(large)).verdict is Verdict.SUCCESS
