"""Options from a child, honest or taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.copying.options import CopyOptions, IfExists, Referrers
from regbot.supervisor.operations.arguments import InvalidArgument
from regbot.supervisor.operations.options import MAX_PLATFORMS, Page, copy, page

if TYPE_CHECKING:
    from regbot.protocol.values import Value


@pytest.mark.parametrize("value", [None, [], {}])
def test_nothing_is_every_default(value: Value) -> None:
    """Without options, or with an empty table, which arrives as a list, everything is as usual."""
    assert (page(value), copy(value)) == (Page(0, ""), CopyOptions())


def test_a_page() -> None:
    """A listing may have a limit and a beginning; Lua's whole numbers may be doubles."""
    assert page({"limit": 3.0, "last": b"v1"}) == Page(3, "v1")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"forceRecursive": True}, CopyOptions(force_recursive=True)),
        ({"includeExternal": True}, CopyOptions(include_external=True)),
        ({"digestTags": True, "fastCheck": False}, CopyOptions(digest_tags=True)),
        ({"fastCheck": True}, CopyOptions(fast_check=True)),
        ({"platforms": []}, CopyOptions()),
        ({"platforms": [b"linux/amd64", b""]}, CopyOptions(platforms=("linux/amd64", ""))),
        ({"referrers": False}, CopyOptions()),
        ({"referrers": True}, CopyOptions(referrers=Referrers())),
        ({"referrers": []}, CopyOptions(referrers=Referrers())),
        ({"referrers": {"artifactType": b"a/b"}}, CopyOptions(referrers=Referrers("a/b"))),
        *(({"ifExists": each.value.encode()}, CopyOptions(if_exists=each)) for each in IfExists),
    ],
)
def test_how_to_copy(given: Value, expected: CopyOptions) -> None:
    """Each option of image.copy means this."""
    assert copy(given) == expected


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"limt": 1}, 'no option "limt"; there are limit, last'),
        ({"limit": -1}, "a whole number, 0 or more, was expected, got -1"),
        ({"limit": 1.5}, "got 1.5"),
        ({"limit": float("nan")}, "a number was expected"),
        ({"last": 5}, "a string of at most 4096 bytes was expected, got a number"),
        (5, "a table of options was expected, got a number"),
    ],
)
def test_what_is_no_page(given: Value, said: str) -> None:
    """Anything else is refused by what is wrong with it."""
    with pytest.raises(InvalidArgument, match=said):
        page(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"platform": b"x"}, 'no option "platform"; there are digestTags, fastCheck, forceRecursive, ifExists, '),
        ({"digestTags": 1}, "true or false was expected, got a number"),
        ({"platforms": b"linux"}, "platforms are a list of at most 100 strings, not a string of 5 bytes"),
        ({"platforms": {"a": b"b"}}, "not a table"),
        ({"platforms": [b"a"] * (MAX_PLATFORMS + 1)}, "at most 100"),
        ({"platforms": [5]}, "a string of at most 4096 bytes was expected, got a number"),
        ({"referrers": b"x"}, "a table of options was expected"),
        ({"referrers": {"type": b"x"}}, 'no option "type"; there are artifactType'),
        ({"ifExists": b"maybe"}, 'ifExists is one of replace, skip, same, fail, not "maybe"'),
        ({"ifExists": True}, "a string of at most 4096 bytes was expected, got a boolean"),
    ],
)
def test_what_is_no_way_to_copy(given: Value, said: str) -> None:
    """Anything else is refused by what is wrong with it."""
    with pytest.raises(InvalidArgument, match=said):
        copy(given)
