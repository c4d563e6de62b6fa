from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass

import pytest

from regbot.registry.credentials import Secret

CANARY = "canary-7f3a"


@dataclass(frozen=True, slots=True)
class Holder:
    """A value with a secret in it."""

    password: Secret


def test_reveal() -> None:
    """Only reveal gives the text."""
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(CANARY)),
        str(Secret(CANARY)),
        f"{Secret(CANARY)}",
        f"{Secret(CANARY)!r:>40}",
        f"{Secret(CANARY):>40}",
        "%s %r" % (Secret(CANARY), Secret(CANARY)),  # noqa: UP031 -- this way of formatting is the claim
        repr(Holder(Secret(CANARY))),
        repr([Secret(CANARY)]),
    ],
)
def test_masked(shown: str) -> None:
    """No way to print a secret, or a value that holds one, shows it."""
    assert CANARY not in shown
    assert "***" in shown


def test_format_spec() -> None:
    """The mask obeys a width like any text."""
    assert f"{Secret(CANARY):>5}" == "  ***"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickle(protocol: int) -> None:
    """A secret is not pickled, in any protocol."""
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(CANARY), protocol)


def test_no_copy() -> None:
    """A copy goes the way of a pickle."""
    with pytest.raises(TypeError, match="not pickled"):
        copy.deepcopy(Holder(Secret(CANARY)))


def test_no_dict() -> None:
    """There is no attribute dictionary to print by mistake."""
    with pytest.raises(TypeError):
        vars(Secret(CANARY))


def test_equal() -> None:
    """Secrets of one text are equal, have one hash, and are not that text."""
    assert Secret("é") == Secret("é")
    assert hash(Secret("é")) == hash(Secret("é"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_empty() -> None:
    """Only the empty secret is false."""
    assert not Secret("")
    assert Secret(" ")
