"""The JSON Schema of a configuration file, for editors (draft 2020-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.config.fields import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.config.kinds import Json, JsonSchema
    from regbot.config.sections import Field, Section

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> JsonSchema:
    """Return the schema.  Like the program it accepts keys that it does not know, and null for what is not set."""
    return {"$schema": DRAFT, "title": "regbot.yml", **_section(ROOT)}


def _section(section: Section) -> JsonSchema:
    properties: dict[str, Json] = {field.key: _field(field) for field in section.fields}
    for part in section.parts:
        inner = _section(part.section)
        properties[part.key] = {"type": ["array", "null"], "items": inner} if part.many else inner
    required: Mapping[str, Json] = {"required": section.required} if section.required else {}
    return {"type": ["object", "null"], "description": section.about, "properties": properties, **required}


def _field(field: Field[object]) -> JsonSchema:
    about = field.about
    if field.templated:
        about += " Go templates are expanded."
    if field.default:
        about += f" Default: {field.default}."
    described: JsonSchema = {**field.kind.json_schema, "description": about}
    return {**described, "deprecated": True} if field.deprecated else described
