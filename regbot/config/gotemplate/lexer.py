"""A template's characters as tokens: text/template, "Text and spaces" and "Actions"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from regbot.config.gotemplate.errors import located
from regbot.config.gotemplate.literals import BadLiteral, character, number, string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Kind(Enum):
    """What a token is; the value is how a message calls it."""

    TEXT = "text"
    LEFT = "{{"
    RIGHT = "}}"
    SPACE = "a space"
    STRING = "a string"
    RAW = "a raw string"
    CHARACTER = "a character"
    NUMBER = "a number"
    VARIABLE = "a variable"
    FIELD = "a field"
    DOT = "."
    WORD = "a word"
    DECLARE = ":="
    ASSIGN = "="
    PIPE = "|"
    COMMA = ","
    OPEN = "("
    CLOSE = ")"
    END = "the end of the template"


@dataclass(frozen=True, slots=True)
class Token:
    """One token.  *value* is the text, the name, or the literal's value; *at* and *end* count characters from 0."""

    kind: Kind
    value: str | int | float
    at: int
    end: int = 0

    def __str__(self) -> str:
        return str(self.value) if self.kind is Kind.WORD else self.kind.value


_BLANKS: Final = " \t\r\n"
_LEFT: Final = re.compile(r"\{\{(?P<trim>-(?=[ \t\r\n]))?")
_COMMENT_BEGINS: Final = re.compile(r"\{\{(?:-[ \t\r\n]+)?/\*")
_COMMENT: Final = re.compile(
    _COMMENT_BEGINS.pattern + r"(?:(?!\*/).)*\*/(?P<trim>[ \t\r\n]+-)?\}\}",
    re.DOTALL,
)
_TOKEN: Final = re.compile(
    r"""(?P<RIGHT>[ \t\r\n]+-\}\}|\}\})
    |(?P<SPACE>[ \t\r\n]+)
    |(?P<STRING>"(?:[^"\\\n]|\\.)*")
    |(?P<RAW>`[^`]*`)
    |(?P<CHARACTER>'(?:[^'\\\n]|\\.)*')
    |(?P<NUMBER>[+-]?\.?[0-9](?:[eEpP][+-]|[0-9A-Za-z_.])*)
    |(?P<VARIABLE>\$[A-Za-z0-9_]*)
    |(?P<FIELD>\.[A-Za-z_][A-Za-z0-9_]*)
    |(?P<DOT>\.)
    |(?P<WORD>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<DECLARE>:=)|(?P<ASSIGN>=)|(?P<PIPE>\|)|(?P<COMMA>,)|(?P<OPEN>\()|(?P<CLOSE>\))""",
    re.VERBOSE,
)
_READERS: Final[dict[Kind, Callable[[str], str | int | float]]] = {
    Kind.STRING: string,
    Kind.RAW: lambda text: text[1:-1].replace("\r", ""),
    Kind.CHARACTER: character,
    Kind.NUMBER: number,
    Kind.FIELD: lambda text: text[1:],
}


def tokens(text: str) -> Iterator[Token]:
    """Return the tokens of a template, END last; TemplateError where there is none."""
    at, trim = 0, False
    while (left := _LEFT.search(text, at)) is not None:
        piece = _trimmed(text[at : left.start()], before=trim, after=left["trim"] is not None)
        yield Token(Kind.TEXT, piece, at)
        if (comment := _COMMENT.match(text, left.start())) is not None:
            at, trim = comment.end(), comment["trim"] is not None
            continue
        yield Token(Kind.LEFT, left[0], left.start())
        for token in _action(text, left):
            yield token
            at, trim = token.end, token.end - token.at > 2
    yield Token(Kind.TEXT, _trimmed(text[at:], before=trim, after=False), at)
    yield Token(Kind.END, "", len(text))


def _trimmed(text: str, *, before: bool, after: bool) -> str:
    text = text.lstrip(_BLANKS) if before else text
    return text.rstrip(_BLANKS) if after else text


def _action(text: str, left: re.Match[str]) -> Iterator[Token]:
    """Return the tokens after a left delimiter, up to and with the right one."""
    if _COMMENT_BEGINS.match(text, left.start()):
        raise located(text, left.start(), "a comment has to end with */ and then at once }}")
    at = left.end()
    while (match := _TOKEN.match(text, at)) is not None:
        kind = Kind[str(match.lastgroup)]
        try:
            value = _READERS.get(kind, str)(match[0])
        except BadLiteral as exc:
            raise located(text, at, str(exc)) from exc
        yield Token(kind, value, at, match.end())
        at = match.end()
        if kind is Kind.RIGHT:
            return
    raise located(text, min(at, len(text)), _nonsense(text, at))


def _nonsense(text: str, at: int) -> str:
    """Say what stands at *at*, where no token begins."""
    if at == len(text):
        return "{{ is not closed with }}"
    if text[at] in "\"'`":
        return "a quoted string is not closed"
    return f'"{text[at]}" has no meaning here'
