from __future__ import annotations

import pytest

from regbot.config.gotemplate.errors import TemplateError
from regbot.config.gotemplate.lexer import Kind, tokens

from .support import fault, rendered


def kinds(text: str) -> list[Kind]:
    """Return what the tokens of an action are, without the braces and the text around it."""
    return [token.kind for token in tokens("{{" + text + "}}")][2:-3]


def test_text_and_action() -> None:
    """Text outside of braces is kept, and each token knows its place."""
    found = [(token.kind, token.value, token.at) for token in tokens("a{{.}}b")]
    assert found == [
        (Kind.TEXT, "a", 0),
        (Kind.LEFT, "{{", 1),
        (Kind.DOT, ".", 3),
        (Kind.RIGHT, "}}", 4),
        (Kind.TEXT, "b", 6),
        (Kind.END, "", 7),
    ]


def test_tokens() -> None:
    """Everything that an action may hold is told apart."""
    assert kinds('$x:=.A|f "s" `r`') == [
        *(Kind.VARIABLE, Kind.DECLARE, Kind.FIELD, Kind.PIPE, Kind.WORD),
        *(Kind.SPACE, Kind.STRING, Kind.SPACE, Kind.RAW),
    ]
    assert kinds("'c' -1 .5,($=true)") == [
        *(Kind.CHARACTER, Kind.SPACE, Kind.NUMBER, Kind.SPACE, Kind.NUMBER, Kind.COMMA),
        *(Kind.OPEN, Kind.VARIABLE, Kind.ASSIGN, Kind.WORD, Kind.CLOSE),
    ]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a {{- 3 -}} b", "a3b"),
        ("a {{- 3}} b", "a3 b"),
        ("a \t\r\n{{- 3 }} b", "a3 b"),
        ("a {{3 -}}\n\n b", "a 3b"),
        ("a {{-3}} b", "a -3 b"),
        ("a {{/* c */}} b", "a  b"),
        ("a {{- /* c */ -}} b", "ab"),
        ("a {{/* c\nd */ -}} b", "a b"),
        ("{{\n3\n}}", "3"),
        ("{{`}}`}}", "}}"),
    ],
)
def test_trimming(text: str, result: str) -> None:
    """A minus beside the braces takes the white space there away; comments leave nothing."""
    assert rendered(text) == result


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{", "{{ is not closed with }}"),
        ("{{1", "{{ is not closed with }}"),
        ('{{"abc}}', "a quoted string is not closed"),
        ('{{"a\nb"}}', "a quoted string is not closed"),
        ("{{`abc}}", "a quoted string is not closed"),
        ("{{@}}", '"@" has no meaning here'),
        ("{{:}}", '":" has no meaning here'),
        ("{{/* a }}", "a comment has to end with */ and then at once }}"),
        ("{{/* a */ x}}", "a comment has to end with */ and then at once }}"),
        ("{{- /* a */ }}", "a comment has to end with */ and then at once }}"),
        ("{{'ab'}}", "single quotes hold one character; a string has double quotes"),
    ],
)
def test_no_token(text: str, reason: str) -> None:
    """What is no token is refused."""
    assert fault(text) == reason


def test_place() -> None:
    """An error has the line and the column of what it is about."""
    with pytest.raises(TemplateError) as caught:
        list(tokens("a\nbc{{ @"))
    assert (caught.value.line, caught.value.column) == (2, 6)
