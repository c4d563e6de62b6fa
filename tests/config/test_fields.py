from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from regbot.config.creds_fields import CREDS
from regbot.config.fields import ROOT
from regbot.config.loading import load
from regbot.supervisor.logs import open_log
from regbot.supervisor.registries.hosts import hosts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.config.sections import Field, Section

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"
WRAPPED = {
    "configuration": "{%s}",
    "creds": "creds: [{registry: a.io, %s}]",
    "defaults": "defaults: {%s}",
    "script": "scripts: [{name: a, %s}]",
    "limits": "defaults: {limits: {%s}}",
    "isolation": "isolation: {%s}",
}
"""How the field of a section stands in a file."""


def sections(section: Section) -> Iterator[Section]:
    """Return a section and all within it."""
    yield section
    for part in section.parts:
        yield from sections(part.section)


def fields() -> Iterator[tuple[str, Field[object]]]:
    """Return every field with the noun of its section."""
    for section in {section.noun: section for section in sections(ROOT)}.values():
        yield from ((section.noun, field) for field in section.fields)


def row(noun: str, key: str) -> list[str]:
    """Return the cells of a field's row in the documentation."""
    heading = "The file" if noun == "configuration" else f"`{noun}`"
    part = re.search(rf"^## {heading}.*?(?=^## |\Z)", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    assert part is not None
    found = re.search(rf"^\| `{key}` \|.*$", part[0], re.MULTILINE)
    assert found is not None
    return [cell.strip() for cell in found[0].strip("|").split(" | ")]


@pytest.mark.parametrize(("noun", "field"), list(fields()), ids=lambda value: getattr(value, "key", value))
def test_documented(noun: str, field: Field[object]) -> None:
    """Every field has its row in the documentation, with its type and its default, and says if it is a template."""
    _, kind, default, about, _ = row(noun, field.key)
    assert kind == field.kind.name
    assert default == (field.default or "none")
    assert ("A template." in about) == field.templated


@pytest.mark.parametrize(("noun", "field"), list(fields()), ids=lambda value: getattr(value, "key", value))
def test_example(noun: str, field: Field[object]) -> None:
    """The documentation's example of a field sets it, and is accepted."""
    example = row(noun, field.key)[4].strip("|").strip().strip("`")
    assert example.startswith(f"{field.key}: ")
    text = WRAPPED[noun] % example
    found = load(text.encode(), "f", environ={"REG_PASS": "x"}, read_file=lambda _path: "PEM")
    assert not [warning for warning in found.warnings if "is ignored" in warning.message]


def test_without_effect() -> None:
    """The documentation lists just those settings of creds that the program says it does not act on."""
    text = "".join(
        f"  - {{registry: '{field.key}', {row('creds', field.key)[4].strip(' |`')}}}\n" for field in CREDS.fields[1:]
    )
    config = load(f"creds:\n{text}".encode(), "f", environ={"REG_PASS": "x"}, read_file=lambda _path: "PEM").config
    found: list[str] = []
    hosts(config, {}, open_log(lambda message: found.append(message.record["extra"]["setting"])))
    note = re.search(r"^> \*\*Without effect.*?when it is set", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    assert note is not None
    assert re.findall("`(.*?)`", note[0]) == found


def test_no_field_twice() -> None:
    """No section defines a key two times."""
    for section in sections(ROOT):
        assert len(section.keys) == len(set(section.keys))


@pytest.mark.parametrize("field", [field for _, field in fields()], ids=lambda field: field.key)
def test_described(field: Field[object]) -> None:
    """Every field has one sentence for editors."""
    assert field.about.endswith(".")
    assert field.kind.json_schema


def test_whole_example() -> None:
    """The documentation's first example is a configuration without a warning."""
    block = re.search(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert block is not None
    found = load(block[1].encode(), "f", environ={"HUB_USER": "me"}, read_file=lambda _path: "token")
    assert found.warnings == ()
    assert found.config.scripts[0].timeout == 3600
