from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from regbot.config.templates import TemplateError, render

from .support import CANARY, no_file

ENVIRON = {"USER_NAME": "bot", "EMPTY": "", "MODE": "on", "SECRET": CANARY, "BYTES": "\udcff"}
FILES = {"token": "  s3cret\n\n"}


def read_file(path: str) -> str:
    """Read one of FILES; everything else is not there or no text."""
    if path == "binary":
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, CANARY)
    if path == "huge":
        raise ValueError("it is larger than a file should be")
    return FILES[path] if path in FILES else no_file(path)


def rendered(text: str, data: object = None) -> str:
    """Render a template that can be."""
    now = datetime(2024, 1, 31, 13, 4, 5, 120000, tzinfo=UTC)
    return render(text, environ=ENVIRON, read_file=read_file, data=data, now=lambda: now)


def fault(text: str, data: object = None) -> str:
    """Render a template that cannot be; return what is wrong."""
    with pytest.raises(TemplateError) as caught:
        rendered(text, data)
    return str(caught.value)


@pytest.mark.parametrize("text", ["", "plain", "a }} b", "{ {", "é\n"])
def test_no_template(text: str) -> None:
    """A text without braces is itself."""
    assert rendered(text) == text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('{{env "USER_NAME"}}', "bot"),
        ('{{ env "EMPTY" }}', ""),
        ('{{file "token"}}', "s3cret"),
        ('{{env "NOPE" | default "x"}}', "x"),
        ('{{default "x" (env "NOPE")}}', "x"),
        ('{{env "EMPTY" | default "x"}}', "x"),
        ('{{env "USER_NAME" | default "x"}}', "bot"),
        ('{{file "nope" | default "x"}}', "x"),
        ('{{env "NOPE" | lower | trimSpace | default "x"}}', "x"),
        ('{{ json "bot" | trimSpace }}', '"bot"'),
        ('{{- /* c */ -}}{{ $n := 5 }}{{ printf "x-%d-y" $n }}', "x-5-y"),
        ('{{ if eq (env "MODE") "on" }}yes{{ else }}no{{ end }}', "yes"),
        ("{{time.Now.Year}}", "2024"),
    ],
)
def test_outside(text: str, result: str) -> None:
    """Templates see variables, files and the time, as they are given."""
    assert rendered(text) == result


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('a {{env "NOPE"}}', '1:5: the environment variable "NOPE" is not set'),
        ('\n{{file "nope"}}', '2:3: the file "nope" cannot be read: No such file or directory'),
        ('{{file "binary"}}', '1:3: the file "binary" cannot be read: it is not UTF-8'),
        ('{{file "huge"}}', '1:3: the file "huge" cannot be read: it is larger than a file should be'),
        ('{{env "BYTES"}}', '1:3: the environment variable "BYTES" is not UTF-8'),
        ('{{if env "NOPE"}}{{end}}', 'the environment variable "NOPE" is not set'),
        ('{{with env "NOPE"}}{{end}}', 'the environment variable "NOPE" is not set'),
        ('{{range env "NOPE"}}{{end}}', 'the environment variable "NOPE" is not set'),
        ('{{or (env "NOPE") "x"}}', 'the environment variable "NOPE" is not set'),
        ('{{and "x" (env "NOPE")}}', 'the environment variable "NOPE" is not set'),
        ('{{env "NOPE" | eq "on"}}', 'the environment variable "NOPE" is not set'),
        ('{{print "a" (env "NOPE")}}', 'the environment variable "NOPE" is not set'),
        ('{{$x := env "NOPE"}}{{$x}}', 'the environment variable "NOPE" is not set'),
        ('{{(env "NOPE").Field}}', 'the environment variable "NOPE" is not set'),
        ('{{env "NOPE" | default (env "NEITHER")}}', 'the environment variable "NEITHER" is not set'),
        ("{{.}}", "there is no data here that . could mean"),
        ("{{.Name}}", "there is no data here that . could mean"),
    ],
)
def test_missing(text: str, reason: str) -> None:
    """What is not there is a fault where it is needed, never an empty text."""
    assert reason in fault(text)


@pytest.mark.parametrize("word", ["define", "template", "block", "break", "continue", "call", "js", "nosuch"])
def test_unsupported(word: str) -> None:
    """What is beyond these templates is an error that names it."""
    assert f'"{word}"' in fault(f'{{{{{word} "x"}}}}')


@pytest.mark.parametrize(
    "text",
    [
        f'{{{{printf "%d" "{CANARY}"}}}}',
        f'{{{{"{CANARY}" 5}}}}',
        f'{{{{"{CANARY}" | nosuch}}}}',
        f'{{{{lower 5 "{CANARY}"}}}}',
        f"{{{{`{CANARY}",
        f'{{{{"{CANARY}\\q"}}}}',
        f"{{{{'{CANARY}'}}}}",
        f"{CANARY}{{{{@}}}}",
        "{{index (env `SECRET`) 99}}",
        "{{(env `SECRET`).Field}}",
        "{{eq (env `SECRET`) 5}}",
        "{{range env `SECRET`}}{{end}}",
        "{{join (env `SECRET`) `x`}}",
        "{{slice (env `SECRET`) 99}}",
        "{{printf (env `SECRET`) 5}}",
        "{{time.Parse (env `SECRET`) `x`}}",
        "{{time.Parse `2006` (env `SECRET`)}}",
        "{{file `binary`}}",
    ],
)
def test_no_secret_in_errors(text: str) -> None:
    """No error shows a string of the template or what a variable holds."""
    assert CANARY not in fault(text)


def test_clock() -> None:
    """Who does not pass a clock gets the real one."""
    assert render("{{if time.Now}}yes{{end}}", environ={}, read_file=no_file) == "yes"


PIECES = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{{-",
            "-}}",
            " ",
            "if ",
            "else",
            "end",
            "with ",
            "range ",
            "$x",
            ":=",
            "=",
            ",",
            "|",
            "(",
            ")",
            ".",
        ),
        *(".A", "env", "file", "default", "printf", "index", "slice", "len", "eq", "lt", "and", "or", "time", ".Now"),
        *(
            ".AddDate",
            ".Format",
            ".Parse",
            "json",
            "split",
            "join",
            '"a,b"',
            '"%5d"',
            "`2006-01-02`",
            "0",
            "1",
            "-7",
            "2.5",
            "'a'",
            "nil",
        ),
        *("true", "/*", "*/", "{{/* */}}", "\n", '"', "`", "99999999", "é", "{{range 3}}", "{{end}}", "{{$x := 1}}"),
    ]
)


@given(st.text() | st.lists(PIECES, max_size=30).map("".join))
@example("{{" + "(" * 5000)
@example("{{if 1}}" * 5000)
@example("{{range 99999}}{{range 99999}}{{end}}{{end}}")
@example('{{$x := "aaaaaaaa"}}' + "{{$x = print $x $x}}" * 40)
@example('{{printf "%99999d" 1}}')
@example("{{" + "9" * 5000 + "}}")
@example("{{(time.Now.AddDate 7975 11 0).Local.Unix}}")
def test_any_text(text: str) -> None:
    """Any text is rendered or refused, and nothing else happens."""
    with suppress(TemplateError):
        assert isinstance(rendered(text, {"A": [1, {"B": 2.5}]}), str)
