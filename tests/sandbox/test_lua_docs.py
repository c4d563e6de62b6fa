"""docs/lua.md says what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

import regbot
from tests.sandbox.scripted import config, error_of, logs, manifest, run
from tests.sandbox.test_lua_globals import GLOBALS

PAGE: Final = (Path(regbot.__file__).parents[1] / "docs" / "lua.md").read_text()
LATER: Final = PAGE[PAGE.index("## Not in this version") : PAGE.index("## Errors")]
API: Final = ("blob", "image", "manifest", "reference", "repo", "tag")


@pytest.mark.parametrize("module", API)
def test_every_function_is_described(module: str) -> None:
    """Every function of the API stands on the page."""
    assert {f"{module}.{name}" for name in GLOBALS[module].split()} <= set(re.findall(r"[a-z]+\.[a-zA-Z]+", PAGE))


def test_no_function_is_made_up() -> None:
    """What the page calls as a function of the API is one."""
    named = set(re.findall(rf"`({'|'.join(API)})\.([a-zA-Z]+)[(`]", PAGE.replace(LATER, "")))
    assert named <= {(module, name) for module in API for name in GLOBALS[module].split()}
    assert len(named) > len(API)


@pytest.mark.parametrize("source", re.findall(r"```lua\n(.*?)```", PAGE, re.DOTALL))
def test_examples_are_lua(source: str) -> None:
    """Every example compiles."""
    assert logs(f"log(tostring((loadstring([==[{source}]==]))) :sub(1, 8))") == ["function"]


def test_what_is_absent_is_absent() -> None:
    """The names that the page calls absent are nil."""
    text = PAGE[PAGE.index("and there are no") : PAGE.index("What differs")]
    names = re.findall(r"`(\w+)`", text.replace("`os`", ""))
    assert logs(f"print({', '.join(names)})") == ["\t".join(["nil"] * len(names))]


@pytest.mark.parametrize("source", ["tag.ls('app', {limt = 2})", "tags.ls('app')"])
def test_the_errors_are_quoted_as_they_are(source: str) -> None:
    """The page's examples of errors are what a script gets."""
    error = run(6 * "\n" + source, name="nightly").error
    assert f"    {error}\n" in PAGE


@pytest.mark.parametrize("name", re.findall(r"`([a-z]+[.:][a-zA-Z]+)`", LATER))
def test_what_comes_later_says_so(name: str) -> None:
    """A call of what the page calls not in this version fails with these words."""
    answers = {"manifest.get": lambda _: manifest("{}"), "image.config": lambda _: config("{}")}
    error = error_of(f"local m, c = manifest.get('a'), image.config('a') {name}('x')", answers)
    assert error.endswith(" is not in this version")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`[bmr]:(\w+)\(", PAGE))))
def test_every_method_is_offered(name: str) -> None:
    """Who misspells a method of the page is told its name."""
    answers = {"manifest.head": lambda _: manifest(None)}
    assert error_of(f"manifest.head('a'):{name + name[-1]}()", answers).endswith(f'; did you mean "{name}"?')
