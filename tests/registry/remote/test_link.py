from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry.remote.link import next_target


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('</v2/x?n=1>; rel="next"', "/v2/x?n=1"),
        ("</x>;rel=next", "/x"),
        ("</x> ; title=a ; REL = NEXT", "/x"),
        ('</x>; rel="last Next"', "/x"),
        (r'</x>; title="a \" > , ; b"; rel="next"', "/x"),
        ('</a>; rel="prev", </b?c=d,e;f>; rel="next"', "/b?c=d,e;f"),
        ('</a>, </b>;; rel="next" ;, </c>; rel=next', "/b"),
        ('</a>; crossorigin; rel="next"', "/a"),
    ],
)
def test_next(header: str, target: str) -> None:
    """The relation is found however its link is written, and wherever it stands."""
    assert next_target(header) == target


@pytest.mark.parametrize(
    "header",
    [
        "",
        "</x>",
        '</x>; rel="prev"',
        '</x>; rel="nextdoor"',
        '</x>; title="rel=next"',
        "</x>; rel=prev; rel=next",
        '</x; rel="next"',
        '/x; rel="next"',
        '<>; rel="next"',
        'nonsense </x>; rel="next"',
        '</x>; title="; rel=next',
    ],
)
def test_no_next(header: str) -> None:
    """Without the relation, or in what makes no sense, there is no target."""
    assert next_target(header) == ""


@pytest.mark.parametrize(
    "header",
    [
        "<>;" + " " * 45_000 + ";" * 45_000,
        "<>;" * 30_000,
        "<" * 90_000,
        '<>;a="' + "\\" * 90_001,
        "<>;a=" + " " * 90_000,
    ],
    ids=["spaces", "links", "brackets", "quoted", "equals"],
)
def test_nothing_takes_long(header: str) -> None:
    """A long header is read in one go: anything quadratic would outlast the patience of who runs this."""
    assert next_target(header * 10) == ""


@given(st.text(alphabet='<>;,="\\ \tarelnxt/', max_size=60))
def test_any_text(header: str) -> None:
    """Any text is read, and a target is a part of it."""
    assert next_target(header) in header
