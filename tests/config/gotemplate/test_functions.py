from __future__ import annotations

from dataclasses import dataclass

import pytest

from .support import fault, rendered


@dataclass(frozen=True, slots=True)
class Part:
    """Data of a template."""

    Name: str
    Size: float


DATA = {"VCSTag": "v1", "Note": "", "Dirty": False}
NESTED = {"a": [1, Part("é<", 1.5)], "m": {"k": None}, "f": 2.0, "line": "\u2028\u2029"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('{{lower "ÄB"}}{{upper "äb"}}', "äbÄB"),
        ('{{trimSpace " a b\\n"}}', "a b"),
        ('{{join (split "a,b" ",") "-"}}', "a-b"),
        ('{{split "ab" ""}}', "[a b]"),
        ('{{default "x" ""}}{{default "x" 0}}{{default "x" false}}{{default "x" "y"}}', "xxxy"),
        ("{{not 0}}{{not true}}", "truefalse"),
        ('{{eq 1 2 1}}{{eq "a" "b"}}{{eq nil nil}}{{eq true true}}', "truefalsetruetrue"),
        ("{{ne 1 2}}{{lt 1 2}}{{le 2 2}}{{gt 1 2}}{{ge 1 2}}", "truetruetruefalsefalse"),
        ('{{lt "a" "b"}}{{lt 1.5 2.5}}{{eq nil 1}}', "truetruefalse"),
        ('{{len "é"}}{{len (split "a,b" ",")}}', "22"),
        ('{{index "abc" 0}}{{index (split "a,b" ",") 1}}', "97b"),
        ('{{slice "abcd" 1 3}}{{slice "abcd" 2}}{{slice "ab"}}{{slice (split "a,b,c" ",") 1}}', "bccdab[b c]"),
        ('{{html "<a&\'\\">"}}', "&lt;a&amp;&#39;&#34;&gt;"),
        ('{{urlquery "a b&é"}}', "a+b%26%C3%A9"),
        ('{{print 1 2 "x" 3}}{{println 1 "a"}}', "1 2x31 a\n"),
        ('{{json "a<b"}}', '"a<b"\n'),
        ("{{json nil}}{{json true}}{{json 5}}", "null\ntrue\n5\n"),
        ("{{json time.Now}}", '"2024-01-31T13:04:05.120000Z"\n'),
    ],
)
def test_function(text: str, result: str) -> None:
    """A function does what it does in Go."""
    assert rendered(text) == result


def test_json() -> None:
    """JSON is written as Go does: in the order given, without spaces, angle brackets as they are."""
    assert rendered("{{json .}}", NESTED) == (
        '{"a":[1,{"Name":"é<","Size":1.5}],"m":{"k":null},"f":2,"line":"\\u2028\\u2029"}\n'
    )
    assert rendered("{{jsonPretty .m}}", NESTED) == '{\n  "k": null\n}\n'


def test_print_pretty() -> None:
    """A flat structure becomes aligned lines, anything else JSON."""
    assert rendered("{{printPretty .}}", DATA) == "VCSTag: v1\nNote:\nDirty:  false\n"
    assert rendered("{{printPretty .m}}", {"m": {"k": [1]}}) == '{\n  "k": [\n    1\n  ]\n}\n'
    assert rendered("{{printPretty .m}}", {"m": {}}) == ""


def test_index_into_data() -> None:
    """Index goes through maps and lists."""
    assert rendered('{{index . "m" "l" 1}}{{len .m}}', {"m": {"l": [1, 2]}}) == "21"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{lower 5}}", "lower wants a text, not a whole number"),
        ("{{env nil}}", "env wants a text, not nil"),
        ("{{file 1.5}}", "file wants a text, not a number"),
        ('{{join "ab" ","}}', "join wants a list and a text, not a text first"),
        ("{{join (split `a` `,`) 5}}", "join wants a text, not a whole number"),
        ('{{eq 1 "a"}}', "eq and ne cannot compare a whole number with a text"),
        ("{{eq 1 1 1.5}}", "eq and ne cannot compare a whole number with a number"),
        ("{{eq (split `a` `,`) (split `a` `,`)}}", "eq and ne cannot compare a list with a list"),
        ('{{lt 1 "a"}}', "lt, le, gt and ge cannot compare a whole number with a text"),
        ("{{lt true false}}", "lt, le, gt and ge cannot compare truth values"),
        ("{{len 5}}", "len wants a text, a list or a map, not a whole number"),
        ("{{index 5 1}}", "index cannot look into a whole number"),
        ("{{index `ab` 2}}", "index: 2 is beyond the end"),
        ("{{index `ab` -1}}", "index: -1 is beyond the end"),
        ("{{index `ab` `a`}}", "index wants a whole number, not a text"),
        ("{{index `ab` true}}", "index wants a whole number, not a truth value"),
        ("{{slice 5}}", "slice wants a text or a list, not a whole number"),
        ("{{slice `abc` 2 1}}", "slice: it begins after its end"),
        ("{{slice `é` 1}}", "slice: it would cut a character in two"),
        ("{{slice `a` 2}}", "slice: 2 is beyond the end"),
        ("{{json time}}", "a structure has no fields"),
        ("{{len time}}", "len wants a text, a list or a map, not a time"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """A value that does not fit is refused by its type, without the value."""
    assert fault(text) == reason


def test_no_key() -> None:
    """A key that is not in a map is refused."""
    assert fault('{{index . "x"}}', {"y": 1}) == "index: the map has no such key"


@pytest.mark.parametrize(
    ("call", "result"), [("len", "1"), ('printf "%x"', "ff"), ('printf "%X"', "FF"), ("urlquery", "%FF")]
)
def test_bytes_that_are_no_text(call: str, result: str) -> None:
    """A byte of a command line that is no UTF-8 counts as that byte."""
    assert rendered(f'{{{{{call} "\udcff"}}}}') == result
