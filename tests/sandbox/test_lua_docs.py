"""docs/lua.md says what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

import regbot
from tests.sandbox.scripted import logs, run
from tests.sandbox.test_lua_globals import GLOBALS

PAGE: Final = (Path(regbot.__file__).parents[1] / "docs" / "lua.md").read_text()
API: Final = ("image", "manifest", "reference", "repo", "tag")


@pytest.mark.parametrize("module", API)
def test_every_function_is_described(module: str) -> None:
    """Every function of the API stands on the page."""
    assert {f"{module}.{name}" for name in GLOBALS[module].split()} <= set(re.findall(r"[a-z]+\.[a-zA-Z]+", PAGE))


def test_no_function_is_made_up() -> None:
    """What the page calls as a function of the API is one."""
    named = set(re.findall(rf"`({'|'.join(API)})\.([a-zA-Z]+)[(`]", PAGE))
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


def test_the_error_is_quoted_as_it_is() -> None:
    """The page's example of an error is what a script gets."""
    error = run("\n\n\n\n\n\ntag.ls('app', {limt = 2})", name="nightly").error
    assert f"    {error}\n" in PAGE
