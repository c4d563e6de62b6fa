from __future__ import annotations

from regbot.nearest import listed, nearest


def test_the_likest() -> None:
    """The names that are spelled most like one are found, whatever its capitals; no name at all if none is like it."""
    known = ["manifest", "manifests", "image", "MaxAge"]
    assert nearest("Manifet", known, 3) == ["manifest", "manifests"]
    assert nearest("maxage", known) == ["MaxAge"]
    assert nearest("zzz", known) == []


def test_names_without_end() -> None:
    """Names that would take minutes to compare are compared in part: their beginnings, and the likeliest of them."""
    many = [f"{letter}{number:05}" + 10_000 * "x" for letter in "ab" for number in range(1000)]
    assert nearest("a00000" + 10_000 * "x", many)[0].startswith("a00")


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
