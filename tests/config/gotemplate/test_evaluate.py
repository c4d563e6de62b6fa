from __future__ import annotations

from dataclasses import dataclass

import pytest

from .support import fault, rendered


@dataclass(frozen=True, slots=True)
class Facts:
    """Data of a template."""

    Tag: str
    Count: int


DATA = {"Tag": "v1", "List": ["a", "b"], "Map": {"y": 2, "x": 1}, "Facts": Facts("v2", 3), "None": None, "Empty": []}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{.Tag}}", "v1"),
        ("{{$.Tag}}", "v1"),
        ("{{.Facts.Tag}} {{.Facts.Count}}", "v2 3"),
        ("{{(.Facts).Count}}", "3"),
        ("{{.None}}", "<no value>"),
        ("{{.List}} {{.Map}} {{.Facts}}", "[a b] map[x:1 y:2] {v2 3}"),
        ("{{with .Facts}}{{.Tag}}{{$.Tag}}{{end}}", "v2v1"),
        ("{{with .Empty}}x{{else}}y{{end}}", "y"),
        ("{{with .Empty}}x{{else with .Tag}}{{.}}{{end}}", "v1"),
        ("{{with $x := .Tag}}{{$x}}{{end}}", "v1"),
        ("{{if .Empty}}x{{else if .List}}y{{else}}z{{end}}", "y"),
        ("{{if false}}x{{end}}", ""),
        ("{{range .List}}{{.}};{{end}}", "a;b;"),
        ("{{range $e := .List}}{{$e}};{{end}}", "a;b;"),
        ("{{range $i, $e := .List}}{{$i}}{{$e}};{{end}}", "0a;1b;"),
        ("{{range $k, $v := .Map}}{{$k}}{{$v}};{{end}}", "x1;y2;"),
        ("{{range 3}}{{.}}{{end}}", "012"),
        ("{{range .Empty}}x{{else}}none{{end}}", "none"),
        ("{{range .None}}x{{else}}none{{end}}", "none"),
        ("{{$x := 1}}{{range .List}}{{$x = .}}{{end}}{{$x}}", "b"),
        ("{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"),
        ('{{$x := "a"}}{{range $x = .List}}{{end}}{{$x}}', "b"),
        ("{{and 1 0 2}}{{and 1 2}}{{or 0 3}}{{or 0 0}}", "0230"),
        ("{{or 1 (index .List 9)}}{{and 0 (index .List 9)}}", "10"),
        ("{{0 | or 0}}{{2 | and 1}}", "02"),
        ("{{print (print 1) | print 2}}", "21"),
        ("{{print nil}}", "<nil>"),
        ("{{.Tag | len | printf `%03d`}}", "002"),
    ],
)
def test_evaluate(text: str, result: str) -> None:
    """Data, blocks, variables and pipelines do what they do in Go."""
    assert rendered(text, DATA) == result


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{.Nope}}", 'there is no field "Nope"; there are Tag, List, Map, Facts, None, Empty'),
        ("{{.Facts.Nope}}", 'there is no field "Nope"; there are Tag, Count'),
        ("{{.Tag.Nope}}", "a text has no fields"),
        ("{{.Tag 1}}", 'the field "Tag" is no function and takes no values'),
        ("{{1 | .Tag}}", 'the field "Tag" is no function and takes no values'),
        ("{{$ 1}}", "a map is no function and takes no values"),
        ("{{1 | (print)}}", "what comes after | has to be a function"),
        ('{{"a" "b"}}', "a text is no function and takes no values"),
        ("{{nil}}", "nil alone says nothing"),
        ("{{and}}", "and takes at least 1 values"),
        ("{{print or}}", "or takes at least 1 values"),
        ("{{index .Map .List}}", "index: the map has no such key"),
        ("{{lower}}", "lower takes 1 values, not 0"),
        ("{{slice .List 1 2 3}}", "slice takes 1 to 3 values, not 4"),
        ("{{index}}", "index takes at least 1 values, not 0"),
        ("{{range 1.5}}{{end}}", "range cannot go over a number"),
        ("{{range true}}{{end}}", "range cannot go over a truth value"),
        ('{{range "a"}}{{end}}', "range cannot go over a text"),
        ("{{range .Facts}}{{end}}", "range cannot go over a structure"),
        ("{{range 1000000}}{{end}}", "it takes more than 100000 steps"),
        ("{{range 90000}}{{print 1}}{{end}}", "it takes more than 100000 steps"),
        ('{{$x := "aaaaaaaa"}}' + "{{$x = print $x $x}}" * 40, "a text is longer than 4194304 characters"),
        ('{{range 5000}}{{printf "%9999d" 1}}{{end}}', "the result is longer than 4194304 characters"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """What cannot be done is refused with its reason."""
    assert fault(text, DATA) == reason
