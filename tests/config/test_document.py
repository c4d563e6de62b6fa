from __future__ import annotations

import pytest

from regbot.config.document import MAX_BYTES, MAX_DEPTH, NotYaml, compose
from regbot.config.findings import Report
from regbot.config.nodes import Mapping, Node, Scalar, Sequence

from .support import CANARY


def tree(text: str | bytes, report: Report | None = None) -> Node | None:
    """Compose a text that is YAML."""
    return compose(text.encode() if isinstance(text, str) else text, report or Report("f"))


def plain(node: Node | None) -> object:
    """Return a tree as lists, dictionaries and texts."""
    match node:
        case Mapping(_, entries):
            return {key.text: plain(value) for key, value in entries}
        case Sequence(_, items):
            return [plain(item) for item in items]
        case Scalar():
            return node.text
    return None


@pytest.mark.parametrize("text", ["", "# a comment\n", "---\n", "\n\n", "\ufeff"])
def test_nothing(text: str) -> None:
    """A file without a value has no tree, or an empty one."""
    assert plain(tree(text)) in (None, "")


def test_texts_as_written() -> None:
    """A text has the characters of the file, whatever YAML 1.1 would take them for."""
    assert plain(tree("[0123, yes, 1.0, true, 2001-01-01, 1_000, 12:30:45, '~']")) == [
        *("0123", "yes", "1.0", "true", "2001-01-01", "1_000", "12:30:45", "~"),
    ]


@pytest.mark.parametrize(
    ("text", "null"),
    [
        *((text, True) for text in ("~", "null", "Null", "NULL", "", "!!null x")),
        *((text, False) for text in ("'null'", '""', "'~'", "nil", "|\n  null", "!!str null")),
    ],
)
def test_null(text: str, null: bool) -> None:  # noqa: FBT001 -- a column of the table
    """Null is written in these ways; a quoted word is that word."""
    found = tree(f"- {text}")
    assert isinstance(found, Sequence)
    (item,) = found.items
    assert isinstance(item, Scalar)
    assert item.is_null is null


def test_lines() -> None:
    """Every node knows its line, and a block the line below its mark, where its text begins."""
    found = tree("a: x\n\nb:\n  - |\n    text\n  - >-\n    text\n")
    assert isinstance(found, Mapping)
    items = found.entries[1][1]
    assert isinstance(items, Sequence)
    assert [(item.line, item.text_line) for item in items.items if isinstance(item, Scalar)] == [(4, 5), (6, 7)]
    assert found.entries[0][1].line == 1


def test_own_key_beats_merge() -> None:
    """A merge key never overrides a key of the same map, whichever stands first."""
    base = "base: &b {x: base, y: base}\n"
    assert plain(tree(base + "a: {x: own, <<: *b}")) == plain(tree(base + "a: {<<: *b, x: own}"))
    assert plain(tree(base + "a: {x: own, <<: *b}")) == {
        "base": {"x": "base", "y": "base"},
        "a": {"x": "own", "y": "base"},
    }


def test_merge_list() -> None:
    """Of several merged maps the first that has a key counts; merged maps may be merged themselves."""
    text = "p: &p {x: 1}\nq: &q {<<: *p, x: 2, y: 2}\na: {<<: [*q, *p]}\n"
    assert plain(tree(text)) == {"p": {"x": "1"}, "q": {"x": "2", "y": "2"}, "a": {"x": "2", "y": "2"}}


def test_quoted_merge_key() -> None:
    """In quotes it is a key like any other."""
    assert plain(tree("a: {'<<': {x: 1}}")) == {"a": {"<<": {"x": "1"}}}


def test_duplicate_key() -> None:
    """The last of two equal keys counts, with a warning at its line."""
    report = Report("f")
    assert plain(tree("a: 1\nb: 2\na: 3\n", report)) == {"a": "3", "b": "2"}
    assert list(map(str, report.warnings)) == ['f:3: the key "a" is there twice; the last one counts']


def test_complex_key() -> None:
    """A key that is no text is left out, with a warning."""
    report = Report("f")
    assert plain(tree("? [a, b]\n: c\nd: e\n", report)) == {"d": "e"}
    assert "a template needs quotes" in str(report.warnings[0])


def test_first_document() -> None:
    """Of several documents the first counts, and the others are not even read."""
    assert plain(tree("a: 1\n---\nb: [")) == {"a": "1"}


@pytest.mark.parametrize(
    "text", ["\ufeffa: 1\r\nb: |\r\n  x\r\n  y\r\n", '{"a": 1, "b": "x\\ny\\n"}', '%YAML 1.2\n---\na: 1\nb: "x\\ny\\n"']
)
def test_forms(text: str) -> None:
    """A byte order mark, Windows line ends, JSON and a directive make no difference."""
    assert plain(tree(text)) == {"a": "1", "b": "x\ny\n"}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (b"a: 1\nb: \xff", 2, "not UTF-8"),
        (b"\xff\xfea\0:\0", 1, "not UTF-8"),
        ("a: 1\n\u00e9: \x01", 2, "not YAML: a character that may not stand there"),
        ("a:\n\t- x", 2, "a tab cannot indent, use spaces"),
        ('a: {{env "X"}', 1, "a template needs quotes around it"),
        ("- a\n b: c", 2, "not YAML: "),
        ("a: [", 1, "not YAML: "),
        ("a: *b", 1, "an alias .* of an anchor .* that does not stand above"),
        ("a: &a [*a]", 1, "an alias"),
        ("a: &a {<<: *a}", 1, "an alias"),
        ("a:\n  <<: 1", 2, "the merge key .* wants a map"),
        ("a: {<<: [{}, 1]}", 1, "the merge key .* wants a map"),
        ("[" * (MAX_DEPTH + 1), 1, f"nested deeper than {MAX_DEPTH}"),
    ],
)
def test_not_yaml(text: str | bytes, line: int, message: str) -> None:
    """What cannot be read says where and why."""
    with pytest.raises(NotYaml, match=message) as caught:
        tree(text)
    assert caught.value.line == line


def test_deep_enough() -> None:
    """Just below the limit a nested document is read."""
    assert tree("[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)) is not None


def test_alias_bomb() -> None:
    """A few lines of aliases that would become a billion values are refused; a few thousand are fine."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert tree("\n".join(lines[:3])) is not None
    with pytest.raises(NotYaml, match="more than 100000 values"):
        tree("\n".join(lines))


def test_huge_file() -> None:
    """A file beyond the limit is not even parsed."""
    with pytest.raises(NotYaml, match="larger than 16 MiB"):
        tree(b" " * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    "text", [f"p: *{CANARY}", f"p: !{CANARY}!x y", f"p: [{CANARY}", f"p: {CANARY}: x", f'p: "{CANARY}\\q"']
)
def test_no_value_in_messages(text: str) -> None:
    """A password that breaks the YAML is not repeated."""
    with pytest.raises(NotYaml) as caught:
        tree(text)
    assert CANARY not in str(caught.value)


def test_no_value_in_repr() -> None:
    """A tree's repr shows none of its texts."""
    assert CANARY not in repr(tree(f"a: [{CANARY}, {{b: '{CANARY}'}}, !{CANARY} x]"))
