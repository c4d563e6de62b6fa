from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from regbot import cli
from tests.regbot import COMMAND, regbot

if TYPE_CHECKING:
    from tests.conftest import MakeRegistry

REFUSING: Final = str(Path(__file__).parents[1] / "refusing.py")
CANARY: Final = "canary-of-a-password"

as_root = pytest.mark.skipif(os.getuid() != 0 and os.environ.get("CI") != "true", reason="only root has every wall")


def refused(name: str, config: str = "{}") -> subprocess.CompletedProcess[str]:
    """Run the command with a configuration where a system call is refused (tests/refusing.py)."""
    command = [sys.executable, REFUSING, name, "--", sys.executable, COMMAND, "doctor", "-c", "-"]
    return subprocess.run(command, input=config, capture_output=True, text=True, timeout=60, check=False)


def test_alone() -> None:
    """Without a configuration each wall has a line, and a run was tried."""
    ended = regbot("doctor")
    assert (ended.status, ended.stderr) == (0, "")
    rows = [line.split()[:2] for line in ended.stdout.splitlines()]
    assert ["seccomp", "yes"] in rows
    assert ["trial", "run"] in rows
    assert ended.stdout.splitlines()[-1] == "All walls that are required hold."


@as_root
def test_all_required() -> None:
    """Where every wall holds all of them can be required."""
    ended = regbot("doctor", "-c", "-", stdin="isolation: {require: [landlock, namespaces, nobody]}")
    assert (ended.status, ended.stdout.splitlines()[-1]) == (
        0,
        "standard input: there are no registries in creds, none was asked",
    )


@as_root
@pytest.mark.parametrize(
    ("name", "require", "missing"),
    [("unshare", "namespaces", "net, ipc, uts, pid, mount, root"), ("landlock", "landlock", "landlock")],
)
def test_required(name: str, require: str, missing: str) -> None:
    """A wall that is refused here is missing where it is required, and else only reported, with what to do."""
    ended = refused(name)
    assert (ended.returncode, "seccomp/container.json" in ended.stdout) == (0, True)
    ended = refused(name, f"isolation: {{require: {require}}}")
    assert (ended.returncode, f"Missing, and required: {missing}\n" in ended.stdout) == (1, True)


@as_root
def test_no_filters() -> None:
    """Without seccomp no script can be run, whatever is required."""
    ended = refused("filters")
    assert (ended.returncode, "Missing, and required: seccomp\n" in ended.stdout) == (1, True)
    assert "a child could not lock its doors: load_filter" in ended.stdout


@as_root
def test_killed() -> None:
    """Where a filter kills what makes the sandbox nothing can be found out, which is another status."""
    ended = refused("killing unshare")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "killed by SIGSYS: a filter around regbot" in ended.stderr


@pytest.mark.parametrize("right", [True, False])
def test_registry(make_registry: MakeRegistry, tmp_path: Path, *, right: bool) -> None:
    """A registry that refuses the login makes the status 1; the password is in no output, at no level."""
    registry = make_registry(users={"me": CANARY})
    password = CANARY if right else f"{CANARY}-that-is-wrong"
    (tmp_path / "regbot.yml").write_text(
        f"creds: [{{registry: '{registry.host}', tls: disabled, user: me, pass: '{{{{env \"WORD\"}}}}'}}]"
    )
    ended = regbot("doctor", "-c", "regbot.yml", "-v", "trace", folder=tmp_path, environ={"WORD": password})
    assert (ended.status, f"registry {registry.host}\n" in ended.stdout) == (0 if right else 1, True)
    assert CANARY not in ended.stdout + ended.stderr


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C while a registry says nothing ends the command at once, as it ends others."""
    config = tmp_path / "regbot.yml"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config.write_text(f"creds: [{{registry: '127.0.0.1:{silent.getsockname()[1]}', tls: disabled}}]")
        command = [COMMAND, "doctor", "-c", str(config)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as doctor:
            connection, _ = silent.accept()
            doctor.send_signal(signal.SIGINT)
            said = doctor.communicate(timeout=60)[1]
            connection.close()
    assert (doctor.returncode, said) == (128 + signal.SIGINT, b"")


def test_faults() -> None:
    """Faults of the configuration are said as `regbot check` does, and no registry is asked with half of one."""
    ended = regbot("doctor", "-c", "-", stdin="creds: [{registry: a.io, user: me, pass: '{{env \"NOPE\"}}'}]")
    assert (ended.status, "All walls that are required hold." in ended.stdout) == (1, True)
    assert ended.stdout.splitlines()[-2:] == [
        'standard input:1: error: pass: the environment variable "NOPE" is not set (character 3 of the template)',
        "standard input: 1 error; its registries were not asked",
    ]


def test_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    """A configuration that cannot be read ends with 2."""
    assert cli.run(["doctor", "-c", "/nonexistent.yml"]) == 2
    assert "/nonexistent.yml" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["doctor"], ["once", "-c", "x"], ["run", "x.lua"], ["shell"]])
def test_elsewhere(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """On another system than Linux every command that would run a script refuses, and says why."""
    assert cli.run(words, system="darwin") == 2
    assert f"regbot: {words[0]} works on Linux only" in capsys.readouterr().err
    assert cli.run(["version"], system="darwin") == 0
