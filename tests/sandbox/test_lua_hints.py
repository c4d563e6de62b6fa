"""What is added to the text of an error that ended a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.sandbox.scripted import error_of, logs, reference

if TYPE_CHECKING:
    from tests.sandbox.scripted import Answers

ANSWERS: Final[Answers] = {"reference.new": reference, "tag.ls": lambda _: ["v1"]}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("tags.ls('a')", "tag"),
        ("Image.copy()", "image"),
        ("img.copy()", "image"),
        ("mainfest.get()", "manifest"),
        ("ref.new()", "reference"),
        ("tostr(1)", "tostring"),
        ("requires('x')", "require"),
        ("tag.list('a')", "ls"),
        ("manifest.getlist('a')", "getList"),
        ("string.fromat('x')", "format"),
        ("reference.new('a'):tga()", "tag"),
        ("('a'):uper()", "upper"),
        ("coroutine.wrap(function() tags.ls('a') end)()", "tag"),
    ],
)
def test_near_names(source: str, name: str) -> None:
    """A name that is not there is followed by the one that was likely meant."""
    assert error_of(source, ANSWERS).endswith(f' (a nil value); did you mean "{name}"?')


@pytest.mark.parametrize(
    "source",
    [
        "target.x()",
        "opts.x()",
        "x()",
        "mine()",
        "tag.remove('a')",
        "('a'):split()",
        "local t = {} t.tags()",
        "local tags tags()",
        "local t = {} t.lss.x()",
        "local y = tags + 1",
    ],
)
def test_no_guessing(source: str) -> None:
    """A name that is near to none, or is no call, or not one of ours, is left alone."""
    assert error_of(source).endswith(" (a nil value)")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("io.open('x')", "io"),
        ("local x = debug.traceback()", "debug"),
        ("package.loaded = {}", "package"),
        ("dofile('x')", "dofile"),
        ("os.getenv('HOME')", "os.getenv"),
        ("os.execute('true')", "os.execute"),
        ("table.foreach({}, print)", "table.foreach"),
    ],
)
def test_what_scripts_do_not_have(source: str, name: str) -> None:
    """What other Luas have and scripts have not is named, with the page that lists it."""
    assert error_of(source).endswith(f" (a nil value); scripts have no {name} (see docs/lua.md)")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("reference('a')", "attempt to call global 'reference' (a table value); write reference.new(…)"),
        ("log.info('a')", "attempt to index global 'log' (a function value); did you mean \"logger.info\"?"),
        ("log(tag)", "log: the message should be a string or a number, not the table tag"),
        (
            "metric:add('a')",
            "metric.add: the name should be a string, not the table metric; write metric.add(…), with a dot",
        ),
        ("table.unpack({})", "attempt to call field 'unpack' (a nil value); did you mean \"unpack\"?"),
    ],
)
def test_what_was_meant(source: str, said: str) -> None:
    """A use that fits another function is told which."""
    assert error_of(source) == f"main:1: {said}"


def test_a_list_is_no_iterator() -> None:
    """A loop over a list without ipairs is told how to write it."""
    text = error_of("for t in tag.ls('a') do log(t) end", ANSWERS)
    assert text == "main:1: attempt to call a table value; to loop over a list, write for _, t in ipairs(…) do"


def test_caught_errors_are_as_they_were() -> None:
    """An error that a script catches has no remedy: it may compare the text."""
    source = "log(select(2, pcall(function() tags.ls('a') end)))"
    assert logs(source) == ["main:1: attempt to index global 'tags' (a nil value)"]


def test_a_script_cannot_change_the_names() -> None:
    """What a script does to its globals changes no remedy."""
    source = "local globals = _G for name in next, globals do globals[name] = nil end tags.ls('a')"
    assert error_of(source).endswith('; did you mean "tag"?')
