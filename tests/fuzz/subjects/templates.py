"""Go templates: any text ends as a text of bounded size or a TemplateError, in bounded steps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from regbot.config.templates import TemplateError, render
from tests.fuzz.subject import Subject, pieces, text_of

SECRET: Final = "c4n4ry-in-a-template"
"""The value of a variable and the text of a file; no error holds it."""
MAX_TEXT: Final = 4 << 20
_NOW: Final = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
_DATA: Final = {"a": 1, "b": [1, 2.5, "x", None], "c": {"d": "e", "f": {}}, "t": True}
_CORPUS: Final = [
    b'{{env "SECRET"}}', b'{{ file "/run/secret" | trimSpace }}', b'{{ default "x" (env "NONE") }}', b"plain",
    b"{{ if eq .a 1 }}one{{ else if gt .a 2 }}more{{ else }}none{{ end }}",
    b"{{- range $i, $e := .b -}}{{$i}}{{$e}}{{- end}}",
    b'{{ with $x := .c.d }}{{ printf "%-10s|%q" $x $x }}{{ end }}',
    b'{{ printf "%05d %x %v %t %8.3f" 1 255 .b .t 2.5 }}', b'{{ slice "abcdef" 1 3 | upper }}',
    b"{{ index .b 2 }}{{ len .c }}{{ json . }}{{ jsonPretty .c }}", b"{{/* c */}}x",
    b'{{ join (split "a,b" ",") ";" }}', b"{{ and 1 0 | or nil | not }}",
    b"{{ `raw` }}{{ 'x' }}{{ 0x1F }}{{ 1e3 }}{{ -1_0 }}", b'{{ time.Now.Format "2006" }}',
    b"{{ $x := 1 }}{{ $x = 2 }}{{ $x }}", b"{{ range 3 }}{{ . }}{{ else }}e{{ end }}",
    b"{{ html `<a>` }}{{ urlquery `a b` }}{{ print 1 2 `x` }}{{ println }}{{ printPretty .c }}",
]  # fmt: skip
_TOKENS: Final = [
    b"{{", b"}}", b"{{- ", b" -}}", b"{{ end }}", b"{{ else }}", b"{{ range 1000000000 }}", b"{{ range 99999 }}",
    b"(", b")", b"|", b'printf "%1000000000d" ', b'printf "%9999d" 1', b'printf "%.9999f" 1e308', b'printf "%*d" 1 ',
    b'printf "%[1]d" ', b"1e400", b"9" * 70, b"-9223372036854775808", b"1e308", b"-1e9999", b"0x", b"0b2",
    b"'\\u00e9'", b"'", b'"', b"`", b"\\", b'"\\ud800"', b'"\\xff"', b'"\\U00110000"', b'"\\777"', b"$", b"$x", b":=",
    b"=", b",", b".", b".a", b".c.f.g", b" ", b"\n", b"nil", b"true", b"{{/*", b"*/}}", b"(" * 60, b"{{ if 1 }}" * 60,
    b"{{ with .c }}", b"{{ define `x` }}", b"default", b"json", b"slice", b"index .b 99", b"len nil", b"eq .b .b",
    b"lt `a` 1", b'env "SECRET"', b'file "/run/secret"', b'file "/none"', b"\0", b"\xff", b"{{ range $i, $x := .b }}",
    b'{{ printf "%s" . }}', b'{{ upper (printf "%9999s" `x`) }}', b"join .b `,`", b"json 1e999",
    b"{{ $x = printf `%s%s` $x $x }}", b"{{ $x := `aaaaaaaaaaaaaaaa` }}", b"time.Now", b".Unix", b"split ",
    b"printPretty",
]  # fmt: skip


def check(data: bytes) -> str:
    """Hold that any text is rendered or refused; neither makes much, and no refusal holds a secret."""
    text = text_of(data)
    try:
        found = render(text, environ={"SECRET": SECRET}, read_file=_read, data=_DATA, now=lambda: _NOW)
    except TemplateError as exc:
        why = str(exc)
    else:
        assert len(found) <= max(MAX_TEXT, len(text))
        return "accepted" if "{{" in text else "accepted: no template"
    assert SECRET not in why
    assert len(why) < 2000
    return "refused"


def _read(path: str) -> str:
    if path != "/run/secret":
        raise FileNotFoundError(2, "No such file or directory")
    return SECRET


SUBJECT: Final = Subject("templates", pieces(_CORPUS, _TOKENS), check)
