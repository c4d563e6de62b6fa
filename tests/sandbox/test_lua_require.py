"""`require`: what is found, loaded once, and said of what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from regbot.sandbox import lua
from regbot.supervisor.operations.modules import OF_PRELUDE

from .scripted import error_of, first, last, logs, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .scripted import Choose

CAUGHT: Final = "log((select(2, pcall(function() {} end))))"


def test_module_is_loaded_once() -> None:
    """A module runs once, gets its name, and its value is what every require answers; true for none."""
    modules = {"tags": "log('loading ' .. ...) return {major = 1}", "silent": "x = 1"}
    source = """
        log(require('tags').major) log(tostring(require('tags') == require 'tags'))
        log(tostring(require 'silent')) log(x)"""
    assert logs(source, modules=modules) == ["loading tags", "1", "true", "true", "1"]


def test_module_is_asked_for_once() -> None:
    """The supervisor is asked for a module when it is first required, and never again."""
    done = run("require 'a' require 'b' require 'a'", modules={"a": "require 'b'", "b": "return 1"})
    assert done.calls == [("require", [b"a"]), ("require", [b"b"])]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("require('a')", 'module "a" requires itself, through others or at once'),
        ("require('turn')", 'module "turn" requires itself, through others or at once'),
        ("require('bytes')", 'module "bytes" cannot be loaded: this is bytecode; only source text is run here'),
        ("require('syntax')", "module \"syntax\" cannot be loaded: syntax:1: unexpected symbol near '<eof>'"),
        ("require()", "bad argument #1 to 'require' (string expected, got nil)"),
        ("require({})", "bad argument #1 to 'require' (string expected, got table)"),
    ],
)
def test_require_misuse(source: str, text: str) -> None:
    """A cycle and a module that is no source are errors that say so."""
    turn = "coroutine.wrap(function() require 'turn' end)()"
    modules = {"a": "require('b')", "b": "\nrequire('a')", "bytes": "\x1bLJ", "syntax": "x =", "turn": turn}
    (seen,) = logs(CAUGHT.format(source), modules=modules)
    assert seen.endswith(text)


def test_unknown_module() -> None:
    """A module that is not there is an error at the script's line that names those that are, the nearest first."""
    error = error_of("\nlocal p = require('lib.prun')", modules={"lib.prune": "", "lib.tags": ""})
    assert error.startswith('main:2: require "lib.prun": there is no such module; there are "lib.prune", "lib.tags", ')
    assert '"json"' in error


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("\n\nerror('no')", "lib/tags:3: no"),
        ("local function f() local x = nil + 1 end\nf()", "lib/tags:1: attempt to perform arithmetic on a nil value"),
        ("\ntag.ls()", "lib/tags:2: tag.ls: the repository should be a string"),
        ("error({})", "main:1: the script raised a table"),
    ],
)
def test_error_in_a_module(text: str, error: str) -> None:
    """An error of a module begins with the path of its file and its line."""
    assert error_of("require 'lib.tags'", modules={"lib.tags": text}).startswith(error)


def test_module_that_failed_is_loaded_anew() -> None:
    """A module that failed is not half there: the next require runs it again."""
    source = "log(tostring(pcall(require, 'a'))) ready = true log(require 'a')"
    assert logs(source, modules={"a": "assert(ready) return 'fine'"})[-1] == "fine"


def test_module_of_false() -> None:
    """A module may be false, and runs once all the same."""
    modules = {"a": "log('once') return false"}
    assert logs("require 'a' log(tostring(require 'a'))", modules=modules) == ["once", "false"]


def test_require_in_a_coroutine() -> None:
    """A module can be required wherever an operation can be called: in coroutines, callbacks and metamethods."""
    source = """
        log(coroutine.wrap(function() return require 'a' end)())
        log(setmetatable({}, {__index = function() return require 'b' end}).x)
        table.sort({2, 1}, function(x, y) require 'c' return x < y end)"""
    modules: Mapping[str, str] = {"a": "coroutine.yield('early')", "b": "return 'late'", "c": "log('sorting')"}
    assert logs(source, modules=modules) == ["early", "late", "sorting"]


@pytest.mark.parametrize("choose", [first, last])
def test_require_in_parallel(choose: Choose) -> None:
    """Those who require a module at once get one and the same value, whoever is answered first."""
    source = """
        local got = parallel.map({1, 2, 3}, function() return require 'a' end)
        log(tostring(got[1] == got[2] and got[2] == got[3] and got[3] == require 'a'))"""
    done = run(source, modules={"a": "require 'b' return {}", "b": "return {}"}, choose=choose)
    assert done.logs == ["true"]


def test_a_module_that_requires_itself_in_parallel() -> None:
    """What a module starts by parallel.each is within its loading."""
    modules = {"a": "parallel.each({1, 2}, function() require 'a' end)"}
    assert error_of("require 'a'", modules=modules).endswith('module "a" requires itself, through others or at once')


def test_require_after_a_cancellation() -> None:
    """A module whose loading was cancelled, with whoever did it, is loaded by the next who requires it."""
    source = """
        log(tostring(pcall(parallel.each, {1, 2}, function(i) if i == 2 then error('no') end require 'a' end)))
        log(require 'a')"""
    assert logs(source, modules={"a": "return 'there'"}) == ["false", "there"]


def test_module_sees_the_globals_of_the_script() -> None:
    """A module lives among the script's globals, and a script's name can stand in none of ours."""
    source = "tag.mine = 'kept' require 'a' log(shared) log(select(2, pcall(require, 'regbot x')))"
    seen = logs(source, modules={"a": "shared = tag.mine", "regbot x": "error('here')"})
    assert seen == ["kept", "regbot x:1: here"]


@pytest.mark.parametrize("name", sorted(OF_PRELUDE))
def test_modules_of_the_prelude(name: str) -> None:
    """What the prelude has itself is not asked for; a script gets a copy that it may change, and gets that again."""
    done = run(f"local m = require '{name}' m.mine = 1 log(require '{name}'.mine)", modules={name: "error('never')"})
    assert (done.calls, done.logs) == ([], ["1"])


def test_the_supervisor_knows_the_modules_of_the_prelude() -> None:
    """The names that the supervisor lists are those of the files in the prelude."""
    assert {Path(name).name for name, _ in lua.sources() if name.startswith("modules/")} == OF_PRELUDE
