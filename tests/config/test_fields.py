from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from regbot.config.fields import ROOT, Field, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


def sections(section: Section) -> Iterator[Section]:
    """Return a section and all within it."""
    yield section
    for part in section.parts:
        yield from sections(part.section)


def rows() -> Iterator[tuple[str, Field[object]]]:
    """Return every field with the noun of its section."""
    for section in {section.noun: section for section in sections(ROOT)}.values():
        yield from ((section.noun, field) for field in section.fields)


def documented(noun: str) -> str:
    """Return the part of the documentation that is about a section."""
    match = re.search(rf"^## `?{noun}`?.*?(?=^## |\Z)", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    assert match is not None, noun
    return match[0]


@pytest.mark.parametrize(("noun", "field"), rows(), ids=lambda value: getattr(value, "key", value))
def test_documented(noun: str, field: Field[object]) -> None:
    """Every field has its row in the documentation, with its type and its default."""
    row = re.search(rf"^\| `{field.key}` \|.*$", documented(noun), re.MULTILINE)
    assert row is not None
    _, _, kind, default, about, _ = row[0].split("|")
    assert kind.strip() == field.kind.name
    assert default.strip() == (field.default or "none")
    assert ("template" in about) == field.templated


def test_no_field_twice() -> None:
    """No section defines a key two times."""
    for section in sections(ROOT):
        assert len(section.keys) == len(set(section.keys))


@pytest.mark.parametrize("field", [field for _, field in rows()], ids=lambda field: field.key)
def test_described(field: Field[object]) -> None:
    """Every field has one sentence for editors."""
    assert field.about.endswith(".")
    assert field.kind.json_schema
