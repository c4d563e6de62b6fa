from __future__ import annotations

import pytest

from regbot.registry.remote.listing import PAGE, Span

ORDERLY = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("span", "query"),
    [
        (Span(), {}),
        (Span(limit=5), {"n": "5"}),
        (Span(last="a"), {"last": "a"}),
        (Span(limit=5000, last="a"), {"n": str(PAGE), "last": "a"}),
    ],
)
def test_query(span: Span, query: dict[str, str]) -> None:
    """Only what is wanted is asked for, and never more at once than registries give."""
    assert span.query == query


@pytest.mark.parametrize(
    ("span", "page"),
    [
        (Span(limit=2), ORDERLY),
        (Span(last="b"), ORDERLY),
        (Span(last="bb"), ORDERLY),
        (Span(limit=3, last="a"), ["a"]),
    ],
)
def test_ignored(span: Span, page: list[str]) -> None:
    """More names than wanted, or names from before the last, show that a registry does not listen."""
    assert span.ignored_by(page)


@pytest.mark.parametrize(
    ("span", "page"),
    [
        (Span(), ORDERLY),
        (Span(limit=3), ORDERLY),
        (Span(limit=2, last="a"), ["b", "c"]),
        (Span(last="B"), ["C", "a", "b"]),
        (Span(last="a"), ["B", "c"]),
    ],
)
def test_heeded(span: Span, page: list[str]) -> None:
    """A registry that sorts by bytes, or without case, and gives what was asked for, is believed."""
    assert not span.ignored_by(page)


def test_cut() -> None:
    """A whole list is sorted by bytes, and cut to what is wanted."""
    assert Span(limit=2, last="B").cut(["b", "B", "A-1", "C", "a", "a"]) == ["C", "a"]
    assert Span(last="b").cut(ORDERLY) == ["c"]
