"""The tables of docs/configuration.md, one for each section of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.config.fields import ROOT
from tools.documents.table import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.config.sections import Field, Section

_HEAD: Final = ("key", "type", "default", "meaning", "example")


def fields(noun: str) -> str:
    """Return the table of the section that messages call *noun*."""
    section = {each.noun: each for each in _sections(ROOT)}[noun]
    return table(_HEAD, [_row(field) for field in section.fields])


def _sections(section: Section) -> Iterator[Section]:
    yield section
    for part in section.parts:
        yield from _sections(part.section)


def _row(field: Field[object]) -> tuple[str, ...]:
    about = f"{field.about} A template." if field.templated else field.about
    return (f"`{field.key}`", field.kind.name, field.default or "none", about, f"`{field.example}`")
