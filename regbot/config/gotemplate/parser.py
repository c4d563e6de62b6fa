"""A template's tokens as a tree.

    list = {text | action}
    action = "{{" (pipeline | "if" pipeline | "with" pipeline | "range" pipeline | "else" [control] | "end") "}}"
    pipeline = [variable ["," variable] (":=" | "=")] command {"|" command}
    command = operand {space operand}
    operand = (literal | "." | ".Name" | "$name" | function | "(" pipeline ")") {".Name"}

Whether functions and variables exist is settled here, as in Go: before anything is evaluated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.config.gotemplate.errors import TemplateError, located
from regbot.config.gotemplate.lexer import Kind, Token, tokens
from regbot.config.gotemplate.nodes import (
    Action,
    Chain,
    Command,
    Dot,
    If,
    Literal,
    Name,
    Node,
    Operand,
    Pipeline,
    Range,
    Text,
    Variable,
)
from regbot.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_DEPTH: Final = 50
"""Of parentheses and blocks."""
_CONTROLS: Final = {"if", "with", "range"}
_UNSUPPORTED: Final = {"define", "template", "block", "break", "continue"}
_CONSTANTS: Final = {"true": True, "false": False, "nil": None}
_LITERALS: Final = {Kind.STRING, Kind.RAW, Kind.CHARACTER, Kind.NUMBER}


def parse(text: str, functions: Collection[str]) -> tuple[Node, ...]:
    """Return the tree of a template that may use *functions*; TemplateError if it is none."""
    return _Parser(text, functions).template()


class _Parser:
    def __init__(self, text: str, functions: Collection[str]) -> None:
        self._text = text
        self._functions = functions
        self._tokens = list(tokens(text))
        self._next = 0
        self._variables = ["$"]
        self._depth = 0

    # Tokens.

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _skip(self, kind: Kind) -> bool:
        """Go past a token of this kind, if the next is one."""
        if self._peek().kind is not kind:
            return False
        self._next += 1
        return True

    def _fail(self, at: int, reason: str) -> TemplateError:
        return located(self._text, at, reason)

    def _deeper(self, at: int) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._fail(at, f"nested deeper than {MAX_DEPTH}")

    # Blocks.

    def template(self) -> tuple[Node, ...]:
        """Return the whole tree."""
        body, word = self._list()
        if word is not None:
            raise self._fail(word.at, f"{{{{{word.value}}}}} without an if, with or range before it")
        return body

    def _list(self) -> tuple[tuple[Node, ...], Token | None]:
        """Return the nodes up to an else, an end (which is returned) or the end of the template (None)."""
        found: list[Node] = []
        while (token := self._take()).kind is not Kind.END:
            if token.kind is Kind.TEXT:
                found.append(Text(str(token.value)))
                continue
            self._skip(Kind.SPACE)
            word = self._peek()
            if word.kind is Kind.WORD and word.value in {"else", "end"}:
                return tuple(found), self._take()
            found.append(self._action())
        return tuple(found), None

    def _action(self) -> Node:
        word = self._peek()
        if word.kind is Kind.WORD and word.value in _UNSUPPORTED:
            raise self._fail(word.at, f'"{word.value}" is not supported in these templates')
        if word.kind is Kind.WORD and word.value in _CONTROLS:
            return self._control(self._take())
        pipeline = self._pipeline(Kind.RIGHT, variables=1)
        return Action(pipeline)

    def _control(self, word: Token) -> If | Range:
        """Read a block from after its word to its end."""
        self._deeper(word.at)
        scope = len(self._variables)
        self._skip(Kind.SPACE)
        pipeline = self._pipeline(Kind.RIGHT, variables=2 if word.value == "range" else 1)
        inner = len(self._variables)
        body, closing = self._list()
        del self._variables[inner:]
        otherwise = self._otherwise(word, closing)
        del self._variables[scope:]
        self._depth -= 1
        if word.value == "range":
            return Range(pipeline, body, otherwise)
        return If(pipeline, body, otherwise, binds=word.value == "with")

    def _otherwise(self, word: Token, closing: Token | None) -> tuple[Node, ...]:
        if closing is None:
            raise self._fail(word.at, f"{{{{{word.value}}}}} has no {{{{end}}}}")
        if closing.value == "end":
            self._close(closing)
            return ()
        self._skip(Kind.SPACE)
        chained = self._peek()
        if chained.kind is Kind.WORD and chained.value == word.value != "range":
            # "else if": its end is the end of the whole.
            return (self._control(self._take()),)
        self._close(closing)
        body, end = self._list()
        if end is None or end.value != "end":
            raise self._fail(word.at, f"{{{{{word.value}}}}} has an {{{{else}}}} and then no {{{{end}}}}")
        self._close(end)
        return body

    def _close(self, word: Token) -> None:
        self._skip(Kind.SPACE)
        if not self._skip(Kind.RIGHT):
            raise self._fail(self._peek().at, f"{self._peek()} after {word.value}")

    # Pipelines.

    def _pipeline(self, end: Kind, variables: int) -> Pipeline:
        """Read a pipeline and the token *end* after it; at most *variables* may be set."""
        at = self._peek().at
        names, declares = self._targets(variables)
        commands = [self._command(end)]
        while not self._skip(end):
            bar = self._take()
            if bar.kind is not Kind.PIPE:
                raise self._fail(bar.at, f"{bar} is not expected here")
            self._skip(Kind.SPACE)
            commands.append(self._command(end))
            if not isinstance(commands[-1].operands[0], Name | Chain):
                raise self._fail(bar.at, "what comes after | has to be a function")
        self._variables += names if declares else ()
        return Pipeline(names, declares, tuple(commands), at)

    def _targets(self, most: int) -> tuple[tuple[str, ...], bool]:
        """Read the variables that a pipeline sets, if it does, and whether it declares them."""
        start = self._next
        names: list[Token] = []
        while len(names) < most and self._peek().kind is Kind.VARIABLE:
            names.append(self._take())
            self._skip(Kind.SPACE)
            if not self._skip(Kind.COMMA):
                break
            self._skip(Kind.SPACE)
        sign = self._peek().kind
        if not names or sign not in {Kind.DECLARE, Kind.ASSIGN}:
            self._next = start
            return (), False
        self._take()
        self._skip(Kind.SPACE)
        for name in names if sign is Kind.ASSIGN else ():
            self._check_variable(name)
        return tuple(str(name.value) for name in names), sign is Kind.DECLARE

    def _command(self, end: Kind) -> Command:
        at = self._peek().at
        operands: list[Operand] = []
        while self._peek().kind not in {Kind.PIPE, end}:
            operands.append(self._operand())
            if not self._skip(Kind.SPACE):
                break
        if not operands:
            raise self._fail(at, f"a value is missing before {self._peek()}")
        return Command(tuple(operands), at)

    def _operand(self) -> Operand:
        operand = self._term(self._take())
        names: list[str] = []
        at = self._peek().at
        while self._peek().kind is Kind.FIELD:
            names.append(str(self._take().value))
        if names and isinstance(operand, Literal):
            raise self._fail(at, "a literal has no fields")
        return Chain(operand, tuple(names), at) if names else operand

    def _term(self, token: Token) -> Operand:
        if token.kind in _LITERALS:
            return Literal(token.value, token.at)
        match token.kind:
            case Kind.DOT:
                return Dot(token.at)
            case Kind.FIELD:
                self._next -= 1
                return Dot(token.at)
            case Kind.VARIABLE:
                self._check_variable(token)
                return Variable(str(token.value), token.at)
            case Kind.OPEN:
                return self._parenthesised(token)
            case Kind.WORD:
                return self._word(token)
        raise self._fail(token.at, f"{token} is not expected here")

    def _parenthesised(self, token: Token) -> Pipeline:
        self._deeper(token.at)
        self._skip(Kind.SPACE)
        pipeline = self._pipeline(Kind.CLOSE, variables=0)
        self._depth -= 1
        return pipeline

    def _word(self, token: Token) -> Literal | Name:
        name = str(token.value)
        if name in _CONSTANTS:
            return Literal(_CONSTANTS[name], token.at)
        if name in self._functions:
            return Name(name, token.at)
        near = nearest(name, self._functions, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(self._functions))}"
        raise self._fail(token.at, f'the function "{name[:40]}" is not known; {hint}')

    def _check_variable(self, token: Token) -> None:
        if token.value not in self._variables:
            raise self._fail(token.at, f"the variable {str(token.value)[:40]} is not declared")
