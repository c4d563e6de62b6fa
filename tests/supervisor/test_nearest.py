from __future__ import annotations

from regbot.supervisor.nearest import listed


def test_near_names_come_first() -> None:
    """Names that are like the one that was asked for come before the others, which are in order."""
    assert listed("prun", ["b", "a", "prune"]) == "there are 'prune', 'a', 'b'"


def test_none() -> None:
    """Where there is no name, that is said."""
    assert listed("x", []) == "there are none at all"


def test_many_names() -> None:
    """Ten names are told, and how many more there are."""
    text = listed("prun", ["prune", *(f"m{number:03}" for number in range(999))], str)
    assert text.startswith("there are prune, m000, ")
    assert text.endswith(" and 990 more")
    assert text.count(",") == 9
