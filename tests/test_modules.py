"""Users' modules, from the folders of a configuration to `require`, by the whole program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.regbot import regbot

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
modules: lib
scripts:
- name: main
  modules: own
  script: |
    log(require("names").title("x") .. require("re").gsub("a", "banana", "o"))
    require("names").fail()
"""


def test_modules_beside_the_configuration(tmp_path: Path) -> None:
    """Folders of modules are found beside the configuration, wherever regbot is started; errors name file and line."""
    for name, text in {
        "lib/names/init.lua": 'return {title = require("marks").mark, fail = function()\nerror("no", 0) end}',
        "lib/marks.lua": "never",
        "own/marks.lua": 'return {mark = function(x) return "<" .. x .. ">" end}',
        "regbot.yml": SCRIPT,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    ended = regbot("once", "-c", f"{tmp_path}/regbot.yml", "--logopt", "json")
    assert (ended.status, ended.messages) == (1, ["<x>bonono"])
    assert ended.errors == {"main": "main: no"}


@pytest.mark.parametrize("command", ["once", "check"])
def test_folder_that_is_not_there(tmp_path: Path, command: str) -> None:
    """A folder of modules that is not there is a fault of the configuration, in its line, and nothing runs."""
    (tmp_path / "regbot.yml").write_text("version: 1\nmodules: [lib]\nscripts: [{name: a, script: log('x')}]")
    ended = regbot(command, "-c", "regbot.yml", folder=tmp_path)
    assert ended.status == {"once": 2, "check": 1}[command]
    assert "regbot.yml:2: " in ended.stdout + ended.stderr
    assert f"modules: lib: No such file or directory ({tmp_path}/lib)" in ended.stdout + ended.stderr
