from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final, Protocol

import pytest

from regbot import cli
from tests.regbot import COMMAND, regbot

EXAMPLES: Final = sorted((Path(__file__).parents[2] / "examples").glob("*.yml"))

BAD: Final = """\
version: 1
vresion: 2
defaults:
  schedule: "61 * * * *"
creds:
  - registry: localhost:5000
    pass: "{{env \\"NOPE\\"}}"
scripts:
  - name: prune
    script: |
      local x = 1
      tags.ls("a")
      if x then tag.ls("a", {limt = 2}) end
  - name: broken
    script: |-

      log "a" .. b
  - name: folded
    script: >
      log("a")
      os.exit()
  - name: written out
    script: "log('x')\\nfoo()"
  - name: doubtful
    script: |
      log(foo)
  - name: empty
"""
FOUND: Final = """\
regbot.yml:2: warning: configuration has no key "vresion", it is ignored; did you mean "version"?
regbot.yml:4: error: schedule: "61 * * * *" is no schedule: "61" is no minute; it goes from 0 to 59
regbot.yml:7: error: pass: the environment variable "NOPE" is not set (character 3 of the template)
regbot.yml:12: error: script "prune" line 2: unknown global "tags"; did you mean "tag"?
regbot.yml:13: error: script "prune" line 3: tag.ls has no option "limt"; did you mean "limit"?
regbot.yml:17: error: script "broken" line 2: unexpected symbol near '..'; write log("a" .. b)
regbot.yml:20: error: script "folded" line 1: scripts have no os.exit (see docs/lua.md)
regbot.yml:23: error: script "written out" line 2: unknown global "foo"
regbot.yml:26: warning: script "doubtful" line 1: unknown global "foo"
7 errors, 2 warnings
"""


class Check(Protocol):
    """Runs `regbot check` on the text of a configuration."""

    def __call__(self, config: str) -> tuple[int, str]:
        """Return status and output, in which the file is called regbot.yml."""
        ...


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run the command in this process: only its children are others."""

    def run(config: str) -> tuple[int, str]:
        path = tmp_path / "regbot.yml"
        path.write_text(config)
        status = cli.run(["check", "-c", str(path)])
        return status, capsys.readouterr().out.replace(str(path), "regbot.yml")

    return run


def test_all_findings(check: Check) -> None:
    """What is wrong with the file and with its scripts comes in the order of the file's lines, each with its own."""
    assert check(BAD) == (1, FOUND)


def test_no_findings(check: Check) -> None:
    """Where nothing is wrong one line says so."""
    assert check("scripts: [{name: a, script: log('a')}, {name: b}]") == (0, "regbot.yml: no faults; 2 scripts\n")


def test_warnings_alone(check: Check) -> None:
    """Doubts alone are no failure."""
    status, said = check("scripts: [{name: a, script: log(nosuch)}]")
    assert (status, said.splitlines()[-1]) == (0, "1 warning")


def test_aliases(check: Check) -> None:
    """A finding in a text that two scripts share is on the line where the text stands."""
    said = check("scripts:\n- name: a\n  script: &text |\n\n    nosuch()\n- {name: b, script: *text}\n")[1]
    assert re.findall(r":(\d+): error: script (\S+) line (\d)", said) == [("5", '"a"', "2"), ("5", '"b"', "2")]


def test_modules(check: Check, tmp_path: Path) -> None:
    """The modules of the file's folders are there for `require`, and are checked themselves."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "good.lua").write_text("return {greet = function() log('hi') end}")
    (tmp_path / "lib" / "bad.lua").write_text("retrun 1")
    text = (
        "modules: lib\nscripts:\n- {name: a, script: require('good').greet()}\n- {name: b, script: require('goof')}\n"
    )
    assert check(text)[1].splitlines() == [
        "regbot.yml: error: module \"bad\" line 1: '=' expected near '1'",
        'regbot.yml:4: error: script "b" line 1: there is no module "goof"; did you mean "good"?',
        "2 errors",
    ]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples(example: Path, check: Check) -> None:
    """Nothing is wrong with the examples, but that their secrets are not here."""
    text = re.sub(r"'{{.*}}'", "x", example.read_text())
    status, said = check(text)
    assert (status, said.splitlines()[-1]) == (0, "regbot.yml: no faults; 1 script")
    assert "warning" not in said


def test_nothing_is_run(check: Check, tmp_path: Path) -> None:
    """No script runs and no credential helper is started."""
    helper = tmp_path / "docker-credential-canary"
    helper.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    helper.chmod(0o700)
    status, said = check(
        f"{{creds: [{{registry: a.io, credHelper: {helper}}}], scripts: [{{name: a, script: error(1)}}]}}"
    )
    assert (status, said, (tmp_path / "started").exists()) == (0, "regbot.yml: no faults; 1 script\n", False)


def test_without_children() -> None:
    """Where no child can be had, that is an error, and names and calls are looked at all the same."""
    command = f"ulimit -n 10; exec '{COMMAND}' check -c -"
    config = "scripts: [{name: a, script: nosuch()}]"
    done = subprocess.run(["sh", "-c", command], input=config, capture_output=True, text=True, timeout=60, check=False)
    first, second, _ = done.stdout.splitlines()
    assert first.startswith("standard input: error: no script can be compiled here: ")
    assert (done.returncode, second) == (1, 'standard input:1: error: script "a" line 1: unknown global "nosuch"')


def test_a_line_is_a_line(check: Check) -> None:
    """What could move a terminal's cursor is spelled out."""
    said = check('scripts: [{name: "a\\e[2J", script: nosuch()}]')[1]
    assert r'script "a\x1b[2J" line 1' in said


def test_standard_input() -> None:
    """A configuration may come from standard input."""
    ended = regbot("check", "-c", "-", stdin="scripts: [{name: a, script: log(1)}]")
    assert (ended.status, ended.stdout) == (0, "standard input: no faults; 1 script\n")


@pytest.mark.parametrize("words", [[], ["-c", ""], ["-c", "/nonexistent.yml"]])
def test_usage_errors(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be checked ends with 2 and a message."""
    assert cli.run(["check", *words]) == 2
    assert capsys.readouterr().err


def test_next_times(check: Check) -> None:
    """Where a script has a schedule, the next times of all scripts are told behind the findings."""
    text = "scripts:\n- {name: a, schedule: 'TZ=UTC 0 0 1 1 *'}\n- {name: b}\n- {name: c, interval: 1h, typo: 1}\n"
    status, said = check(text)
    times = r"Fri|Sat|Sun|Mon|Tue|Wed|Thu"
    lines = (
        r"regbot\.yml:4: warning: .*",
        rf"a \(TZ=UTC 0 0 1 1 \*\): ((?:{times}) \d{{4}}-01-01 00:00 UTC(, )?){{3}}",
        "b: no schedule and no interval, it runs only with regbot once, or when a server is asked to",
        r"c \(interval 1h\): 1h after the server starts, then every 1h",
        "1 warning",
    )
    assert status == 0
    assert re.fullmatch("\n".join((*lines, "")), said)


def test_no_times_of_what_cannot_run(check: Check) -> None:
    """Of a configuration with errors no times are told."""
    status, said = check("scripts:\n- {name: a, interval: 1h}\n- {name: b, schedule: never}\n")
    assert (status, "after the server starts" in said) == (1, False)
