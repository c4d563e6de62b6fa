from __future__ import annotations

import pytest

from regbot.manual import reading
from regbot.shell.completion import complete
from regbot.shell.names import MAX_NAMES, Names


@pytest.fixture
def names() -> Names:
    """Give the names of a session that has begun."""
    known = Names(reading.read(), ["lib.tags", "a-b"])
    known.learn('m = manifest.get("x")\nsv = require "semver"\nfunction work(a)\n  inner = 1\nend')
    return known


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("refe", ["reference", "referrer"]),
        ("x = tag.d", ["delete("]),
        ("math.fl", ["floor("]),
        ("os.cl", ["clock("]),
        ('require "sem', ["semver"]),
        ("require('lib", ["lib.tags"]),
        ('require("a-', ["a-b"]),
        ("wor", ["work("]),
        ("inn", ["inner"]),
        ("m:rate", ["ratelimit(", "ratelimitWait("]),
        ("m.layers[1].annot", ["annotations"]),
        ("sv.pa", ["parse("]),
        ("unknown:ratelimitW", ["ratelimitWait("]),
        ('("x"):upp', ["upper("]),
        ("tag.ls(x, {li", ["limit = "]),
        ('image.copy("a", "b,(", {digestTags = true, incl', ["includeExternal = "]),
        ("f(x, {}, [[a]]) image.copy(a, b, {fast", ["fastCheck = "]),
        ("log({refer", ["reference", "referrer"]),
        ("x = {refer", ["reference", "referrer"]),
        ("m:put(x, {refer", ["reference", "referrer"]),
        ("for a in ", None),
        ("", None),
    ],
)
def test_words(names: Names, line: str, words: list[str] | None) -> None:
    """What may be meant depends on what stands before: any name, or those of a table, object, option or module."""
    start, found = complete(line, names)
    assert found == words or (words is None and {"tag", "image", "local", "print(", "work("} <= set(found))
    assert found
    assert all(word.startswith(line[start:]) for word in found)


@pytest.mark.parametrize("line", ["f({tag.ls(x, {}), li", "x:nothingLikeThis"])
def test_no_words(names: Names, line: str) -> None:
    """Where nothing is known that begins like this, nothing is offered."""
    assert complete(line, names)[1] == []


def test_no_field_of_options_is_one_of_objects(names: Names) -> None:
    """Options are offered in calls only, and not as fields of whatever it may be."""
    assert complete("x.digestT", names)[1] == []
    assert complete("x.diges", names)[1] == ["digest"]


def test_names_of_a_session_are_bounded(names: Names) -> None:
    """A session that defines names without end is remembered in part."""
    names.learn("\n".join(f"v{number} = 1" for number in range(2 * MAX_NAMES)))
    assert len(complete("v", names)[1]) < MAX_NAMES + 1
    assert "v0" in complete("v", names)[1]
