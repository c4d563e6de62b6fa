"""docs/lua.md: made of the description, with examples that run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import regbot
from regbot.manual.lines import ManualError
from regbot.manual.page import anchor
from regbot.manual.page import functions as functions_of
from regbot.manual.reading import read
from regbot.manual.standard import STANDARD
from tests.manual.test_definitions import functions
from tests.sandbox.scripted import DIGEST, OCI, blob, config, logs, manifest, reference, run

if TYPE_CHECKING:
    from tests.sandbox.scripted import Answers

PAGE: Final = (Path(regbot.__file__).parents[1] / "docs" / "lua.md").read_text()
EXAMPLES: Final = re.findall(r"```lua\n(.*?)```", PAGE, re.DOTALL)
MANIFEST: Final = f'{{"mediaType": "{OCI}manifest.v1+json", "config": {{}}, "layers": [{{"digest": "{DIGEST}"}}]}}'
CONFIG: Final = '{"created": "2024-01-02T03:04:05Z", "config": {"Labels": {"org.example.version": "1.2.3"}}}'
ANSWERS: Final[Answers] = {
    "blob.get": lambda _: blob(),
    "blob.put": lambda _: {"digest": DIGEST, "size": 7},
    "image.config": lambda _: config(CONFIG),
    "image.copy": lambda _: None,
    "image.created": lambda _: 0,
    "image.ratelimitWait": lambda _: True,
    "manifest.export": lambda _: manifest(MANIFEST),
    "manifest.get": lambda _: manifest(MANIFEST),
    "manifest.head": lambda _: manifest(None),
    "manifest.put": lambda _: None,
    "reference.new": reference,
    "referrer.ls": lambda _: [],
    "tag.delete": lambda _: None,
    "tag.ls": lambda _: ["3.18", "3.19", "latest"],
}
"""A registry in which every image is the same."""


def expected(source: str) -> list[str]:
    """Return what an example says that it logs: the comments that begin with an arrow."""
    return re.findall(r"--> (.*)", source)


def headings() -> list[str]:
    """Return the title of each heading."""
    return re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)


def test_the_page_is_current() -> None:
    """The page is what `make docs` writes."""
    made = subprocess.run([sys.executable, "-m", "regbot.manual"], capture_output=True, text=True, check=True)
    assert made.stdout == PAGE


def test_a_function_that_is_not_there() -> None:
    """The template cannot ask for what is not described."""
    with pytest.raises(ManualError):
        functions_of(read(), "tag.rename")


def test_every_function_is_told_of() -> None:
    """Every function and method has a heading, or a line in a table; those of Lua's own library have none."""
    described = [each.signature for each in functions() if each.name.partition(".")[0] not in STANDARD]
    assert [title for title in described if title not in headings() and f"| `{title}` |" not in PAGE] == []


def test_headings_differ() -> None:
    """No two headings are the same, so that a link leads to one of them."""
    assert len(headings()) == len({anchor(title) for title in headings()})


def test_links() -> None:
    """Every link within the page leads to a heading."""
    links = set(re.findall(r"\]\(#([^)]*)\)", PAGE))
    assert links <= set(map(anchor, headings()))


@pytest.mark.parametrize("source", EXAMPLES)
def test_examples(source: str) -> None:
    """Every example runs to its end, and logs what it says."""
    logged = [line.replace("\t", " ") for line in logs(source, ANSWERS)]
    assert not expected(source) or logged == expected(source)


def test_every_module_has_an_example() -> None:
    """Each of regbot's own modules is required in an example that says what it logs."""
    shown = {name for source in EXAMPLES if expected(source) for name in re.findall(r'require\("(\w+)"\)', source)}
    assert read().modules.keys() <= shown


def test_every_class_is_told_of() -> None:
    """The fields of every class are on the page."""
    names = {name for each in read().classes.values() for name in each.names}
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_what_is_absent_is_absent() -> None:
    """The names that the page calls absent are nil."""
    text = PAGE[PAGE.index("and there are no") : PAGE.index("What differs")]
    names = re.findall(r"`(\w+)`", text.replace("`os`", ""))
    assert logs(f"print({', '.join(names)})") == ["\t".join(["nil"] * len(names))]


@pytest.mark.parametrize("source", ["tag.ls('app', {limt = 2})", "tags.ls('app')"])
def test_the_errors_are_quoted_as_they_are(source: str) -> None:
    """The page's examples of errors are what a script gets."""
    error = run(6 * "\n" + source, name="nightly").error
    assert f"\n{error}\n" in PAGE
