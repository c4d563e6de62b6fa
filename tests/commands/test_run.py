from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot import cli
from regbot.commands.run import MAX_BYTES, script_name
from tests import images
from tests.regbot import regbot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeRegistry
    from tests.regbot import Ended


def run(folder: Path, script: str | bytes, *words: str, name: str = "prune.lua") -> Ended:
    """Run `regbot run` on a file with a script."""
    (folder / name).write_bytes(script.encode() if isinstance(script, str) else script)
    return regbot("run", name, "--logopt", "json", *words, folder=folder)


def test_one_script(tmp_path: Path) -> None:
    """The script in a file runs, and is called like the file."""
    ended = run(tmp_path, "#!/usr/bin/env -S regbot run\nlog('hello')")
    assert (ended.status, ended.messages) == (0, ["hello"])
    assert {record["script"] for record in ended.records} == {"prune.lua"}


def test_failure(tmp_path: Path) -> None:
    """An error names file and line, and the status is that of `once`."""
    ended = run(tmp_path, "log(1)\nerror('boom')")
    assert (ended.status, ended.errors) == (1, {"prune.lua": "prune.lua:2: boom"})


def test_standard_input() -> None:
    """A script may come from standard input."""
    ended = regbot("run", "-", "--logopt", "json", stdin="error('boom')")
    assert (ended.status, ended.errors) == (1, {"stdin": "stdin:1: boom"})


def test_defaults_of_a_configuration(tmp_path: Path) -> None:
    """With -c what `defaults` say holds for the script, and the scripts of the file do not run."""
    (tmp_path / "regbot.yml").write_text("{defaults: {timeout: 50ms}, scripts: [{name: a, script: log('a')}]}")
    ended = run(tmp_path, "while true do end", "-c", "regbot.yml")
    assert (ended.status, ended.messages) == (1, [])
    assert "timeout after 0.05s" in ended.errors["prune.lua"]


def test_dry_run(tmp_path: Path, make_registry: MakeRegistry) -> None:
    """With the credentials of a configuration, dry, the writes that were not made are listed."""
    registry = make_registry()
    digest = images.push(registry, "app", "v1", images.image())
    (tmp_path / "regbot.yml").write_text(f'{{creds: [{{registry: "{registry.host}", tls: disabled}}]}}')
    ended = run(tmp_path, f"tag.delete('{registry.host}/app:v1')", "-c", "regbot.yml", "--dry-run")
    assert (ended.status, ended.stdout.splitlines()[0]) == (0, "Dry run: 1 write not made.")
    assert digest in ended.stdout


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nosuch.lua", "cannot read the script {}/nosuch.lua: No such file or directory"),
        (".", "cannot read the script {}/.: Is a directory"),
        ("latin.lua", "{}/latin.lua:2: not UTF-8: save the file in that encoding"),
        ("large.lua", "the script {}/large.lua is larger than 1 MiB"),
        ("regbot.yml", "{0}/regbot.yml looks like a configuration: regbot once -c {0}/regbot.yml runs its scripts"),
    ],
)
def test_files_that_cannot_be_run(name: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be run ends with 2 and says why."""
    (tmp_path / "latin.lua").write_bytes(b"x = 1\n-- \xe9")
    (tmp_path / "large.lua").write_bytes(b"-" * (MAX_BYTES + 1))
    status = cli.run(["run", f"{tmp_path}/{name}"])
    assert (status, capsys.readouterr().err) == (2, f"regbot: {why.format(tmp_path)}\n")


def test_two_files_from_standard_input(capsys: pytest.CaptureFixture[str]) -> None:
    """Script and configuration cannot both be standard input."""
    assert cli.run(["run", "-", "-c", "-"]) == 2
    assert "cannot both come from standard input" in capsys.readouterr().err


def test_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a file there is nothing to run: 2 and a message."""
    with pytest.raises(SystemExit) as ended:
        cli.run(["run"])
    assert (ended.value.code, "error: " in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize(
    ("file", "name"),
    [("folder/" + "é" * 125 + ".lua", "é" * 125 + ".lua"), ("x" + "é" * 200 + ".lua", "x" + "é" * 127)],
)
def test_long_name(file: str, name: str) -> None:
    """A script has the whole name of its file, unless that is longer than names may be: it is cut between letters."""
    assert script_name(file) == name
