"""From the bytes of a file to the tree of its first YAML document.

The tree is built from the parser's events and not with PyYAML's composer, which recurses without a limit, drops equal
keys silently, and lets a merge key's place in the file decide.  No message repeats a value of the file: a password
without quotes that begins with `*`, `!` or `{` is a fault of the YAML, too.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import yaml

from regbot.config.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.config.findings import Report

MAX_BYTES: Final = 16 << 20
MAX_NODES: Final = 100_000
"""With every alias written out: some lines of aliases of aliases would otherwise grow to gigabytes."""
MAX_DEPTH: Final = 100

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C parser is some ten times faster; a PyYAML without it does as well."""


class NotYaml(Exception):
    """The file cannot be read any further.  *line* counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line, self.message = line, message


def compose(content: bytes, report: Report) -> Node | None:
    """Return the tree of the first document, None if there is none; doubts go to *report*.  NotYaml if it is none."""
    if len(content) > MAX_BYTES:
        raise NotYaml(0, f"the file is larger than {MAX_BYTES >> 20} MiB")
    text = _decoded(content)
    try:
        return _Composer(yaml.parse(text, Loader=_LOADER), report).document()
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        # What is not closed is found at the end, which may be a line that is not there.
        last = len(text.splitlines())
        raise NotYaml(min(mark.line + 1, last) if mark else 0, _explained(exc, text)) from exc
    except yaml.reader.ReaderError as exc:
        line = text.encode()[: exc.position].count(b"\n") + 1
        raise NotYaml(line, f"not YAML: a character that may not stand there ({exc.reason})") from exc


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content[: exc.start].count(b"\n") + 1
        raise NotYaml(line, "not UTF-8: save the file in that encoding") from exc


def _explained(exc: yaml.MarkedYAMLError, text: str) -> str:
    """Return the parser's words and, for the two mistakes that most people make, what to do."""
    words = ", ".join(str(word) for word in (exc.problem, exc.context) if word)
    lines = text.splitlines()
    places = [mark.line for mark in (exc.problem_mark, exc.context_mark) if mark and mark.line < len(lines)]
    if any("\t" in _indentation(lines[place]) for place in places):
        return f"not YAML: {words}; a tab cannot indent, use spaces"
    if any("{{" in lines[place] for place in places):
        return f"not YAML: {words}; a template needs quotes around it"
    return f"not YAML: {words}"


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


class _Composer:
    """Builds one tree from events, its leaves first, so that an alias can never be part of its own anchor."""

    def __init__(self, events: Iterator[yaml.Event], report: Report) -> None:
        self._events = events
        self._report = report
        self._anchors: dict[str, Node] = {}

    def document(self) -> Node | None:
        """Return the first document's tree; what follows it is not even parsed."""
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                return self._node(next(self._events), MAX_DEPTH)
        return None

    def _node(self, event: yaml.Event, depth: int) -> Node:
        assert isinstance(event, yaml.NodeEvent)
        line = event.start_mark.line + 1 if event.start_mark else 0
        if depth == 0:
            raise NotYaml(line, f"nested deeper than {MAX_DEPTH}")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, line)
        node = self._fresh(event, line, depth)
        if node.size > MAX_NODES:
            raise NotYaml(line, f"this is more than {MAX_NODES} values, with the aliases written out")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: yaml.AliasEvent, line: int) -> Node:
        if event.anchor not in self._anchors:
            raise NotYaml(line, "an alias (*) of an anchor (&) that does not stand above; a text with * needs quotes")
        return self._anchors[event.anchor]

    def _fresh(self, event: yaml.Event, line: int, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(line, event.value, event.style or "", event.tag or "")
        if isinstance(event, yaml.SequenceStartEvent):
            items = tuple(self._node(item, depth - 1) for item in self._until(yaml.SequenceEndEvent))
            return Sequence(line, items, 1 + sum(item.size for item in items))
        return self._mapping(line, depth)

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _mapping(self, line: int, depth: int) -> Mapping:
        own: dict[str, tuple[Scalar, Node]] = {}
        merged: dict[str, tuple[Scalar, Node]] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._node(event, depth - 1)
            value = self._node(next(self._events), depth - 1)
            if not isinstance(key, Scalar):
                self._report.warn(key.line, "a key that is a list or a map is ignored; a template needs quotes")
            elif key.text == "<<" and not key.style:
                for entry in _merged(key.line, value):
                    merged.setdefault(entry[0].text, entry)
            else:
                if key.text in own:
                    self._report.warn(key.line, f'the key "{key.text}" is there twice; the last one counts')
                own[key.text] = (key, value)
        # A key of the map itself wins over a merged one, wherever it stands.
        entries = tuple((merged | own).values())
        return Mapping(line, entries, 1 + sum(1 + value.size for _, value in entries))


def _merged(line: int, value: Node) -> Iterator[tuple[Scalar, Node]]:
    sources = value.items if isinstance(value, Sequence) else (value,)
    maps = [source for source in sources if isinstance(source, Mapping)]
    if len(maps) != len(sources):
        raise NotYaml(line, "the merge key (<<) wants a map or a list of maps")
    return chain.from_iterable(source.entries for source in maps)
