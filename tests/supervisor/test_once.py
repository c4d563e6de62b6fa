"""`regbot once` as a process: order, slots, signals, and what is left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from regbot.supervisor.runs.script_log import RECORD
from tests.images import image, push
from tests.regbot import COMMAND, once
from tests.supervisor.processes import offspring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.docker_registry import DockerRegistry

ENDLESS: Final = """scripts:
- {name: endless, script: "log('started') while true do end"}
- {name: later, script: "log('later')"}
"""


def test_scripts_run_in_the_order_of_the_file() -> None:
    """Without `parallel` one script ends before the next begins."""
    names = ["z", "a", "m"]
    scripts = "\n".join(f"- {{name: {name}, script: log('{name} 1') log('{name} 2')}}" for name in names)
    assert once(f"scripts:\n{scripts}\n").messages == [f"{name} {part}" for name in names for part in (1, 2)]


def test_a_script_without_text_succeeds() -> None:
    """A script that does nothing is no error."""
    assert once("scripts: [{name: a}, {name: b, script: ''}]").status == 0


def test_a_flood_of_messages_is_cut() -> None:
    """What a run logs beyond its limit is left out, one record says so, and the script goes on."""
    config = "scripts: [{name: a, script: \"for i = 1, 1000 do log(('x'):rep(2000)) end error('end', 0)\"}]"
    ended = once(config)
    assert len(ended.messages) == (1 << 20) // (2000 + RECORD)
    assert [record["limit"] for record in ended.records if "limit" in record] == ["logBytes"]
    assert ended.errors == {"a": "a: end"}


def test_copies_share_the_slots(registry: DockerRegistry) -> None:
    """With `parallel` scripts run at once, and their copies all get done through the slots."""
    push(registry, "a", "v1", image())
    scripts = "\n".join(
        f"""- {{name: s{n}, script: 'image.copy("{registry.host}/a:v1", "{registry.host}/b{n}:v1") log("done")'}}"""
        for n in range(4)
    )
    creds = f"creds: [{{registry: '{registry.host}', tls: disabled}}]"
    assert once(f"{creds}\ndefaults: {{parallel: 2}}\nscripts:\n{scripts}\n").messages == ["done"] * 4


def test_a_script_copies_side_by_side(registry: DockerRegistry) -> None:
    """With one slot the copies of a script go on together in it, and another script's wait for their turn."""
    push(registry, "a", "v1", image())
    copy = f'image.copy("{registry.host}/a:v1", "{registry.host}/%s:v" .. i)'
    each = f'parallel.each({{1, 2, 3, 4}}, function(i) {copy} end) log("done")'
    scripts = "\n".join(f"- {{name: {name}, script: '{each % name}'}}" for name in ("b", "c"))
    creds = f"creds: [{{registry: '{registry.host}', tls: disabled}}]"
    ended = once(f"{creds}\ndefaults: {{parallel: 1}}\nscripts:\n{scripts}\n")
    assert (ended.messages, registry.tags("c")) == (["done"] * 2, {"v1", "v2", "v3", "v4"})


def test_a_failure_is_told_with_what_is_known_of_it(registry: DockerRegistry) -> None:
    """The record of a failed script names script, line, operation, registry, repository, code and status."""
    script = f'\n    parallel.each({{1}}, function()\n      tag.ls("{registry.host}/none") end)'
    creds = f"creds: [{{registry: '{registry.host}', tls: disabled}}]"
    ended = once(f"{creds}\nscripts:\n- name: s\n  script: |{script}\n")
    (record,) = [record for record in ended.records if "error" in record]
    known = {"script": "s", "line": 2, "operation": "tag.ls", "registry": registry.host, "repository": "none"}
    assert record.items() >= {**known, "code": "NAME_UNKNOWN", "status": 404}.items()


@pytest.fixture
def endless() -> Iterator[subprocess.Popen[str]]:
    """Start regbot on a script that never ends, and wait until it runs."""
    process = subprocess.Popen(
        [COMMAND, "once", "-c", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stderr is not None
    with process:
        process.stdin.write(ENDLESS)
        process.stdin.close()
        assert "started" in process.stderr.readline()
        yield process
        process.kill()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_cuts_off(endless: subprocess.Popen[str], number: signal.Signals, status: int) -> None:
    """A signal kills the child, starts no further script, says what was cut off, and shows in the status."""
    endless.send_signal(number)
    assert endless.stderr is not None
    said = endless.stderr.read()
    assert endless.wait() == status
    assert f"cut off by {number.name}" in said
    assert f"not started: {number.name} came before" in said
    assert "message=later" not in said


def test_nothing_outlives_a_killed_supervisor(endless: subprocess.Popen[str]) -> None:
    """A supervisor killed by SIGKILL takes its launcher and its children with it, within a second."""
    launchers = offspring(endless.pid)
    below = launchers + [child for launcher in launchers for child in offspring(launcher)]
    assert len(below) >= 2  # One more may wait for the script that comes later.
    pidfds = [os.pidfd_open(pid) for pid in below]
    assert select.select(pidfds, [], [], 0)[0] == []
    endless.kill()
    gone = [select.select([pidfd], [], [], 1.0)[0] for pidfd in pidfds]
    assert gone == [[pidfd] for pidfd in pidfds]
    for pidfd in pidfds:
        os.close(pidfd)
