"""`regbot once --report` and `--fail-fast`, as the command does them."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from typing import TYPE_CHECKING, Any, Final

import jsonschema
import pytest

from regbot import cli
from regbot.commands.closing.file import ReportFile
from tests.images import image, push
from tests.regbot import COMMAND, Ended, once, regbot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.docker_registry import DockerRegistry

OLD, NEW = (image(labels={"age": age}, layers=[age.encode()]) for age in ("old", "new"))
SCRIPTS: Final = """scripts:
- {name: first, script: "metric.add('found', 2)"}
- {name: bad, script: "error('no \\xFF', 0)"}
- {name: last, script: "log('last')"}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Give what runs `regbot once` on the text of a configuration, in this process and the test's folder."""

    def run(config: str, *words: str) -> Ended:
        (tmp_path / "c.yml").write_text(config)
        monkeypatch.chdir(tmp_path)
        status = cli.run(["once", "-c", "c.yml", "--logopt", "json", *words])
        return Ended(status, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """Give what `regbot schema report` prints."""
    printed = regbot("schema", "report")
    assert printed.status == 0
    found: dict[str, Any] = json.loads(printed.stdout)
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def read(path: Path, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a report that is as the schema says."""
    report: dict[str, Any] = json.loads(path.read_bytes())
    jsonschema.validate(report, schema)
    # A field that the schema does not know would be one that nobody described.
    assert report.keys() == schema["$defs"]["Report"]["properties"].keys()
    return report


def changing(registry: DockerRegistry, folder: Path, *words: str) -> Ended:
    """Run a script that copies over a tag and deletes another, with a report."""
    push(registry, "a", "v1", NEW)
    push(registry, "a", "old", OLD)
    push(registry, "b", "v1", OLD)
    text = f'image.copy("{registry.host}/a:v1", "{registry.host}/b:v1") tag.delete("{registry.host}/a:old")'
    config = f"creds: [{{registry: '{registry.host}', tls: disabled}}]\nscripts: [{{name: s, script: '{text}'}}]"
    return once(config, "--report", str(folder / "r.json"), *words)


@pytest.mark.parametrize("dry", [False, True])
def test_changes_with_digests_before_and_after(
    registry: DockerRegistry,
    tmp_path: Path,
    schema: dict[str, Any],
    dry: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    """Each write made, or in a dry run not made, is there with what the tag had before and has afterwards."""
    assert changing(registry, tmp_path, f"--dry-run={dry}").status == 0
    before = len(registry.requests())
    report = read(tmp_path / "r.json", schema)
    (script,) = report["scripts"]
    tags = [change for change in script["changes"] if change["what"] != "put blob"]
    assert [(each["what"], each["target"], each["before"], each["after"]) for each in tags] == [
        ("put manifest", f"{registry.host}/b:v1", OLD.digest, NEW.digest),
        ("delete tag", f"{registry.host}/a:old", OLD.digest, ""),
    ]
    assert (report["dry_run"], script["deletes"], script["operations"]) == (dry, 1, 2)
    assert script["changes_in_all"] == len(script["changes"]) > 2
    assert 0 < script["requests"] <= before
    assert (script["sent"] == 0, script["received"] > 0) == (dry, True)


def test_failures_are_in_the_report(here: Callable[..., Ended], tmp_path: Path, schema: dict[str, Any]) -> None:
    """What failed is there with its error, what came after it all the same, in the order of the file."""
    assert here(SCRIPTS, "--report", "r.json").status == 1
    report = read(tmp_path / "r.json", schema)
    assert (report["exit_status"], report["config"], report["stopped_by"]) == (1, "c.yml", "")
    assert [(each["name"], each["outcome"], each["error"]) for each in report["scripts"]] == [
        ("first", "success", ""),
        ("bad", "error", "bad: no ÿ"),
        ("last", "success", ""),
    ]
    assert report["scripts"][0]["metrics"] == {"found": 2}
    assert report["started"] <= report["scripts"][0]["started"] <= report["scripts"][2]["ended"] == report["ended"]


def test_fail_fast(here: Callable[..., Ended], tmp_path: Path, schema: dict[str, Any]) -> None:
    """No script is started after one that failed; log and report say which were not, and why."""
    ended = here(SCRIPTS, "--fail-fast", "--report", "r.json")
    *_, bad, last = read(tmp_path / "r.json", schema)["scripts"]
    assert (ended.status, ended.messages, bad["outcome"]) == (1, [], "error")
    assert (last["outcome"], last["started"], last["operations"]) == ("not started", None, 0)
    assert last["error"] == ended.errors["last"] == "last: not started: bad failed before (--fail-fast)"


def test_fail_fast_ends_nothing(here: Callable[..., Ended]) -> None:
    """Scripts that were started together with one that fails go on to their end."""
    ended = here(f"defaults: {{parallel: 1}}\n{SCRIPTS}", "--fail-fast")
    assert (ended.status, ended.messages) == (1, ["last"])


def test_limits_are_named(here: Callable[..., Ended], tmp_path: Path, schema: dict[str, Any]) -> None:
    """A script that met a limit is there with which."""
    config = "scripts: [{name: s, timeout: 100ms, script: 'while true do end'}]"
    here(config, "--report", "r.json")
    (script,) = read(tmp_path / "r.json", schema)["scripts"]
    assert (script["outcome"], script["limit"]) == ("limit", "timeout")


def test_a_signal_leaves_a_report(tmp_path: Path, schema: dict[str, Any]) -> None:
    """Who stops it learns what was cut off, and what was not started."""
    (tmp_path / "c.yml").write_text(
        "scripts: [{name: a, script: \"log('on') while true do end\"}, {name: b, script: log(1)}]"
    )
    command = [COMMAND, "once", "-c", "c.yml", "--report", "r.json"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr is not None
        assert "message=on" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
    report = read(tmp_path / "r.json", schema)
    assert (process.returncode, report["exit_status"], report["stopped_by"]) == (143, 143, "SIGTERM")
    assert [(each["outcome"], each["started"] is None) for each in report["scripts"]] == [
        ("interrupted", False),
        ("not started", True),
    ]


def test_to_standard_output(here: Callable[..., Ended]) -> None:
    """With - the report is all that standard output gets, also of a dry run."""
    ended = here(SCRIPTS, "--dry-run=true", "--report", "-")
    assert [each["name"] for each in json.loads(ended.stdout)["scripts"]] == ["first", "bad", "last"]


@pytest.mark.parametrize("path", ["none/r.json", ".", "", "c.yml/r.json"])
def test_a_file_that_cannot_be_is_told_first(here: Callable[..., Ended], path: str) -> None:
    """Nothing is run where the report could not be written, and the message says so."""
    ended = here(SCRIPTS, "--report", path)
    assert ended.status == 2
    assert ended.stderr.startswith("regbot: --report: ")
    assert ended.stderr.endswith("; nothing was run\n")
    assert ended.stderr.count("\n") == 1


def test_a_report_that_is_lost_is_no_success(here: Callable[..., Ended]) -> None:
    """Where the report cannot be written after all, the scripts were run, and the status tells."""
    ended = here("scripts: [{name: a, script: log(1)}]", "--report", "/dev/full")
    assert (ended.status, ended.messages) == (1, ["1"])
    assert "regbot: the report cannot be written: No space left on device; the scripts were run" in ended.stderr


def test_a_report_appears_whole(tmp_path: Path) -> None:
    """It takes the place of the one before at once, through a symlink as well, and leaves nothing beside it."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/r.json").write_text("old")
    (tmp_path / "link").symlink_to("kept/r.json")
    with (tmp_path / "link").open() as before:
        ReportFile(str(tmp_path / "link")).write(b"new")
        assert before.read() == "old"
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "link").read_text() == "new"
    assert os.listdir(tmp_path / "kept") == ["r.json"]  # noqa: PTH208 -- names


def test_a_report_that_breaks_off_leaves_the_old_one(tmp_path: Path) -> None:
    """Where a disk is full the report before stays, and no part of the new one."""
    path = tmp_path / "r.json"
    path.write_text("old")
    file = ReportFile(str(path))
    path.unlink()
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        file.write(b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.json"]


def test_a_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    """A pipe stays a pipe, and whoever reads it gets the report."""
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE) as reader:
        ReportFile(str(tmp_path / "pipe")).write(b"all")
        assert reader.stdout is not None
        assert reader.stdout.read() == b"all"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_the_other_schemas_are_printed() -> None:
    """`regbot schema` is that of the configuration, and `regbot schema api` describes the server."""
    assert "scripts" in json.loads(regbot("schema").stdout)["properties"]
    assert regbot("schema", "config").stdout == regbot("schema").stdout
    assert json.loads(regbot("schema", "api").stdout)["openapi"].startswith("3.")
