"""The command line, as users type it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.regbot import COMMAND, once, regbot

pytestmark = pytest.mark.long

HELLO = "scripts: [{name: hello, script: log('hello world')}]"
TWO = "scripts: [{name: a, script: log('from a')}, {name: b, script: log('from b')}]"


def test_no_command_prints_help() -> None:
    """Without a command there is help, and no error."""
    ended = regbot()
    assert (ended.status, "once" in ended.stdout) == (0, True)


@pytest.mark.parametrize(
    "words",
    [
        ["twice"],
        ["once"],
        ["once", "-c", ""],
        ["once", "-c", "/"],
        ["once", "-c", "/nonexistent.yml"],
        ["once", "--nosuch"],
        ["once", "-c", "-", "extra"],
        ["once", "-c", "-", "--dry-run=perhaps"],
        ["once", "-c", "-", "-v", "loud"],
        ["once", "-c", "-", "--files", "/nonexistent"],
        ["version", "--format", "{{.Nope"],
        ["version", "--format", "{{.Nope}}"],
    ],
)
def test_usage_errors(words: list[str]) -> None:
    """What cannot be meant ends with 2, a message and no traceback."""
    ended = regbot(*words, stdin=HELLO)
    assert ended.status == 2
    assert ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["-c", "-", "once"],
        ["once", "--config=-", "-v", "info"],
        ["--logopt", "nonsense", "once", "-c", "-"],
        ["once", "-c", "/nonexistent.yml", "-c", "-"],
        ["once", "-c", "-", "--dry-run=false"],
    ],
)
def test_flags_before_and_behind_the_command(words: list[str]) -> None:
    """Flags may stand anywhere, the last of two counts, an unknown log option is ignored."""
    ended = regbot(*words, stdin=HELLO)
    assert ended.status == 0
    assert 'level=INFO msg="User script message" script=hello message="hello world"' in ended.stderr


def test_dry_run_takes_no_word() -> None:
    """`--dry-run` alone is true, and the word behind it stays the command."""
    assert "Dry run: 0 writes not made." in regbot("-c", "-", "--dry-run", "once", stdin=HELLO).stdout


def test_failed_script() -> None:
    """A script that fails makes the status 1; the record names script, line and cause, and the others run."""
    config = "scripts: [{name: bad, script: 'error(\"boom\")'}, {name: good, script: log(1)}]"
    ended = once(config)
    assert (ended.status, ended.messages) == (1, ["1"])
    assert ended.errors == {"bad": "bad:1: boom"}


def test_configuration_errors_come_all_at_once() -> None:
    """Every fault is told with its line, nothing runs, and the status is 2."""
    ended = once("version: 7\nscripts:\n- name: a\n  timeout: soon\n  script: log('ran')\n")
    faults = [str(record["msg"]) for record in ended.records if record["level"] == "ERROR"]
    assert ended.status == 2
    assert [fault.split(": ")[0] for fault in faults] == ["standard input:1", "standard input:4"]
    assert "ran" not in ended.messages


def test_only_one_script() -> None:
    """`--script` runs those named and no others."""
    assert once(TWO, "--script", "b").messages == ["from b"]


def test_unknown_script() -> None:
    """`--script` with a name that is not there says which are."""
    ended = once(TWO, "--script", "c")
    assert (ended.status, ended.messages) == (2, [])
    assert "there is no script 'c'; there are 'a', 'b'" in ended.stderr


def test_version_has_the_go_programs_names() -> None:
    """`version --format` knows the fields that scripts around the Go program ask for."""
    assert regbot("version", "--format", "{{.VCSTag}}").stdout.startswith("v")
    assert json.loads(regbot("version", "--format", "{{json .}}").stdout)["Platform"].startswith(sys.platform)


def test_schema_is_json() -> None:
    """`schema` prints a JSON Schema of a whole configuration."""
    assert {"creds", "defaults", "scripts"} <= json.loads(regbot("schema").stdout)["properties"].keys()


def test_a_reader_that_leaves_is_no_traceback() -> None:
    """`regbot schema | head` ends quietly."""
    unread, written = os.pipe()
    os.close(unread)
    done = subprocess.run([COMMAND, "schema"], stdout=written, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(written)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(closed: str) -> None:
    """A caller that closes standard streams, as cron and daemons do, makes no difference to the work."""
    command = f"'{COMMAND}' once -c regbot.yml {closed}"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "regbot.yml").write_text(HELLO)
        done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, timeout=60, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)


def test_a_full_disk_is_told() -> None:
    """What cannot be written to standard output is an error with its reason, and no success."""
    done = subprocess.run(
        ["sh", "-c", f"'{COMMAND}' schema >/dev/full"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (2, "regbot: cannot write to standard output: No space left on device\n")


def test_too_few_descriptors_are_told() -> None:
    """Where no launcher can be started, nothing runs, and one line says why."""
    command = f"ulimit -n 10; exec '{COMMAND}' once -c -"
    done = subprocess.run(["sh", "-c", command], input=HELLO, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "Too many open files" in done.stderr


def test_a_lost_log_is_no_success() -> None:
    """Scripts go on where the log cannot be written, and the status says that something is wrong."""
    command = f"'{COMMAND}' once -c - 2>/dev/full"
    done = subprocess.run(["sh", "-c", command], input=HELLO, text=True, timeout=60, check=False)
    assert done.returncode == 1
