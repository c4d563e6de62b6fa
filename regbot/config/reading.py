"""A tree of nodes as the sections that fields.py defines, with everything that is wrong in it reported."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar, cast

from regbot.config.gotemplate.errors import TemplateError
from regbot.config.kinds import Unreadable
from regbot.config.nodes import Mapping, Node, Scalar, Sequence
from regbot.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.config.findings import Report
    from regbot.config.sections import Field, Part, Section

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One section of a file.  A field that is not set, or could not be read, is not in it."""

    line: int
    values: dict[str, object]
    nodes: dict[str, Node]
    parts: dict[str, tuple[Entry, ...]]

    def get(self, field: Field[T]) -> T | None:
        """Return a field's value, None if it is not set."""
        return cast("T | None", self.values.get(field.key))

    def line_of(self, key: str) -> int:
        """Return the line on which a key's value begins, or the section's own."""
        node = self.nodes.get(key)
        return node.text_line if isinstance(node, Scalar) else node.line if node else self.line

    def part(self, key: str) -> Entry:
        """Return a section within this one, an empty one if it is not there."""
        return next(iter(self.parts.get(key, ())), Entry(self.line, {}, {}, {}))


class Reader:
    """Reads the sections of one file; *expand* renders a template, TemplateError if that fails."""

    def __init__(self, report: Report, expand: Callable[[str], str]) -> None:
        self._report = report
        self._expand = expand

    def section(self, section: Section, node: Node) -> Entry:
        """Return what *node* says of a section; what cannot be read is reported and left out."""
        entry = Entry(node.line, {}, {}, {})
        if isinstance(node, Scalar) and node.is_null:
            return entry
        if not isinstance(node, Mapping):
            self._report.error(node.line, f"{section.noun} should be a map, like key: value")
            return entry
        fields = {field.key: field for field in section.fields}
        parts = {part.key: part for part in section.parts}
        for key, value in node.entries:
            if key.text in fields:
                self._field(fields[key.text], key, value, entry)
            elif key.text in parts:
                entry.parts[key.text] = self._part(parts[key.text], value)
            elif not key.text.startswith("x-"):
                self._unknown(section, key)
        return entry

    def _field(self, field: Field[object], key: Scalar, node: Node, entry: Entry) -> None:
        if isinstance(node, Scalar) and node.is_null:
            return
        if field.deprecated:
            self._report.warn(key.line, f"{field.key} is deprecated: {field.deprecated}")
        entry.nodes[field.key] = node
        try:
            value = field.kind.read(self._expanded(node) if field.templated else node)
        except Unreadable as exc:
            self._report.error(exc.line, f"{field.key}: {exc}")
        else:
            entry.values[field.key] = value

    def _expanded(self, node: Node) -> Node:
        if not isinstance(node, Scalar) or "{{" not in node.text:
            return node
        try:
            return replace(node, text=self._expand(node.text))
        except TemplateError as exc:
            # Only a block keeps the template's lines as lines of the file.
            line = node.text_line + exc.line - 1 if node.text_line > node.line else node.line
            message = f"{exc.reason} (character {exc.column} of the template)"
            raise Unreadable(line, message) from exc

    def _part(self, part: Part, node: Node) -> tuple[Entry, ...]:
        if not part.many:
            return (self.section(part.section, node),)
        if isinstance(node, Sequence):
            return tuple(self.section(part.section, item) for item in node.items)
        if not (isinstance(node, Scalar) and node.is_null):
            self._report.error(node.line, f"{part.key} should be a list; each entry begins with a dash")
        return ()

    def _unknown(self, section: Section, key: Scalar) -> None:
        near = nearest(key.text, section.keys)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        self._report.warn(key.line, f'{section.noun} has no key "{key.text[:100]}", it is ignored{hint}')
