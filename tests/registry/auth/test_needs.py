from __future__ import annotations

import httpx
import pytest

from regbot.registry.auth.needs import MAX_KEPT, Needs
from regbot.registry.http.exchange import Request

OURS = ("repository:a/x:pull",)


def asking(repository: str = "x") -> Request:
    """Return a request for the tags of a repository."""
    return Request("GET", httpx.URL(f"https://r.test/v2/a/{repository}/tags/list"), "r.test", repository)


@pytest.mark.parametrize(
    ("scope", "needs"),
    [
        ("", OURS),
        ("repository:a/x:pull", OURS),
        ("repository:other/x:pull", ("repository:other/x:pull",)),
        ("repository:a/x:pull,push", ("repository:a/x:pull,push",)),
    ],
)
def test_learn(scope: str, needs: tuple[str, ...]) -> None:
    """What a registry wants beyond what we think is what it gets."""
    known = Needs("a")
    known.learn(asking(), scope)
    assert known.of(asking()) == needs


def test_unlearn() -> None:
    """It may think better of it, and to say nothing is not that."""
    known = Needs("a")
    found = []
    for scope in ("repository:other/x:pull", "", "repository:a/x:pull"):
        known.learn(asking(), scope)
        found.append(known.of(asking())[0])
    assert found == ["repository:other/x:pull", "repository:other/x:pull", *OURS]


@pytest.mark.parametrize("count", [MAX_KEPT, MAX_KEPT + 1])
def test_bounded(count: int) -> None:
    """As much is remembered as there is room for."""
    known = Needs("a")
    for number in range(count):
        known.learn(asking(f"x{number}"), "registry:catalog:*")
    assert (known.of(asking("x0")) == ("registry:catalog:*",)) == (count <= MAX_KEPT)
