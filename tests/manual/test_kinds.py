from __future__ import annotations

import pytest

from regbot.manual.kinds import phrase, words
from regbot.manual.lines import alternatives
from regbot.manual.reading import read


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("string", ["string"]),
        ("string|fun(x: a|b)|nil", ["string", "fun(x: a|b)", "nil"]),
        ("fun(x: a): b|nil", ["fun(x: a): b|nil"]),
        ("table<string, a|b>|(c|d)[]", ["table<string, a|b>", "(c|d)[]"]),
    ],
)
def test_alternatives(kind: str, parts: list[str]) -> None:
    """The alternatives of a type are told apart where they are in no brackets, and none is what a function returns."""
    assert alternatives(kind) == parts


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("integer|nil", "whole number or nil"),
        ("Version?", "version or nil"),
        ("(string|RetentionItem)[]", "list of strings or items"),
        ("table<string, string|number|boolean>", "table of strings, numbers or true or false by name"),
        ("ListOptions|T[]", "table or list of anything"),
    ],
)
def test_words(kind: str, told: str) -> None:
    """A type is told of in words, what a list holds in the plural."""
    assert words(read(), kind) == told


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("Image", "a string, a reference, a manifest or a config"),
        ("boolean|ReferrerOptions", "true or false or a table"),
        ('"replace"|"skip"', '"replace" or "skip"'),
        ("ErrorObject|fun(): string", "an error object or a function"),
        ("string[]", "a list of strings"),
    ],
)
def test_phrase(kind: str, told: str) -> None:
    """In a sentence types have articles, and an alias is what it stands for."""
    assert phrase(read(), kind) == told
