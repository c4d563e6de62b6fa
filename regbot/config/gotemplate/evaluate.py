"""A template's tree and its data as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from regbot.config.gotemplate.errors import BadValue, TemplateError, located
from regbot.config.gotemplate.methods import call_method
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
    Text,
    Variable,
)
from regbot.config.gotemplate.nodes import Range as Loop
from regbot.config.gotemplate.times import Clock, Time
from regbot.config.gotemplate.values import Missing, noun, present, shown, structure, truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.config.gotemplate.functions import Function

SHORT_CIRCUITS: Final = {"and": False, "or": True}
"""The functions that stop at the first value of this truth."""
MAX_STEPS: Final = 100_000
"""Commands that are evaluated: a range within a range would else take as long as it likes."""
MAX_TEXT: Final = 4 << 20
"""Characters of the result, and of any text on the way."""


class Evaluator:
    """Evaluates the tree of *text* one time.  What is missing is an error where it is written or decides something."""

    def __init__(self, text: str, functions: Mapping[str, Function], data: object) -> None:
        self._text = text
        self._functions = functions
        self._variables: list[tuple[str, object]] = [("$", data)]
        self._steps = 0
        self._pieces: list[str] = []
        self._size = 0

    def run(self, nodes: Sequence[Node]) -> str:
        """Return the text that the tree makes; TemplateError if something in it cannot be done."""
        self._walk(nodes, self._variables[0][1])
        return "".join(self._pieces)

    # Nodes.

    def _walk(self, nodes: Sequence[Node], dot: object) -> None:
        for node in nodes:
            match node:
                case Text(text):
                    self._write(text, 0)
                case Action(pipeline):
                    self._action(pipeline, dot)
                case If():
                    self._if(node, dot)
                case _:
                    self._range(node, dot)

    def _write(self, text: str, at: int) -> None:
        self._size += len(text)
        if self._size > MAX_TEXT:
            raise self._fail(at, f"the result is longer than {MAX_TEXT} characters")
        self._pieces.append(text)

    def _action(self, pipeline: Pipeline, dot: object) -> None:
        value = self._pipeline(pipeline, dot)
        if pipeline.variables:
            self._set(pipeline, (value,))
            return
        with self._place(pipeline.at):
            text = "<no value>" if value is None else shown(value)
        self._write(text, pipeline.at)

    def _if(self, node: If, dot: object) -> None:
        scope = len(self._variables)
        value = self._pipeline(node.pipeline, dot)
        with self._place(node.pipeline.at):
            holds = truth(value)
        self._set(node.pipeline, (value,))
        if holds:
            self._walk(node.then, value if node.binds else dot)
        else:
            self._walk(node.otherwise, dot)
        del self._variables[scope:]

    def _range(self, node: Loop, dot: object) -> None:
        value = self._pipeline(node.pipeline, dot)
        with self._place(node.pipeline.at):
            elements = _elements(value)
        scope = len(self._variables)
        empty = True
        for index, element in elements:
            empty = False
            self._step(node.pipeline.at)
            self._set(node.pipeline, (index, element)[-len(node.pipeline.variables) :])
            self._walk(node.body, element)
            del self._variables[scope:]
        if empty:
            self._walk(node.otherwise, dot)

    # Values.

    def _set(self, pipeline: Pipeline, values: tuple[object, ...]) -> None:
        for name, value in zip(pipeline.variables, values, strict=False):
            if pipeline.declares:
                self._variables.append((name, value))
            else:
                self._variables[self._position(name)] = (name, value)

    def _position(self, name: str) -> int:
        # The parser has seen to it that the variable is there.
        return max(index for index, (known, _) in enumerate(self._variables) if known == name)

    def _step(self, at: int) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise self._fail(at, f"it takes more than {MAX_STEPS} steps")

    def _pipeline(self, pipeline: Pipeline, dot: object) -> object:
        final: tuple[object, ...] = ()
        for command in pipeline.commands:
            self._step(command.at)
            with self._place(command.at):
                value = self._command(command, dot, final)
            if isinstance(value, str) and len(value) > MAX_TEXT:
                raise self._fail(command.at, f"a text is longer than {MAX_TEXT} characters")
            final = (value,)
        return final[0]

    def _command(self, command: Command, dot: object, final: tuple[object, ...]) -> object:
        first, *rest = command.operands
        match first:
            case Name(name) if name in SHORT_CIRCUITS:
                return self._short_circuit(name, rest, dot, final)
            case Name(name):
                return self._call(name, [*(self._operand(operand, dot) for operand in rest), *final])
            case Chain():
                return self._chain(first, dot, [*(self._operand(operand, dot) for operand in rest), *final])
        value = self._operand(first, dot)
        if first == Literal(None, first.at):
            raise BadValue("nil alone says nothing")
        if rest or final:
            raise BadValue(f"{noun(value)} is no function and takes no values")
        return value

    def _operand(self, operand: Operand, dot: object) -> object:
        match operand:
            case Literal(value):
                return value
            case Dot():
                return dot
            case Variable(name):
                return self._variables[self._position(name)][1]
            case Name(name):
                return self._call(name, [])
            case Chain():
                return self._chain(operand, dot, [])
            case _:
                return self._pipeline(operand, dot)

    def _short_circuit(self, name: str, rest: Sequence[Operand], dot: object, final: tuple[object, ...]) -> object:
        if not rest and not final:
            raise BadValue(f"{name} takes at least 1 values")
        value: object = None
        for operand in rest:
            value = self._operand(operand, dot)
            if truth(value) is SHORT_CIRCUITS[name]:
                return value
        return final[0] if final else value

    def _call(self, name: str, arguments: Sequence[object]) -> object:
        if name in SHORT_CIRCUITS:
            # As an argument, where nothing is left for it to look at.
            raise BadValue(f"{name} takes at least 1 values")
        function = self._functions[name]
        if not function.least <= len(arguments) <= function.most:
            raise BadValue(f"{name} takes {function.counts} values, not {len(arguments)}")
        missing = next((argument for argument in arguments if isinstance(argument, Missing)), None)
        return function.call(*arguments) if missing is None or function.absorbs else missing

    def _chain(self, chain: Chain, dot: object, arguments: Sequence[object]) -> object:
        value = self._operand(chain.of, dot)
        for name in chain.names[:-1]:
            value = _field(value, name, ())
        return _field(value, chain.names[-1], arguments)

    def _fail(self, at: int, reason: str) -> TemplateError:
        return located(self._text, at, reason)

    @contextmanager
    def _place(self, at: int) -> Iterator[None]:
        """Give what is wrong with a value its place in the template."""
        try:
            yield
        except BadValue as exc:
            raise self._fail(at, str(exc)) from exc


def _elements(value: object) -> Iterator[tuple[object, object]]:
    """Return what range goes over: indexes or keys with their values."""
    match present(value):
        case bool() | str() | float():
            raise BadValue(f"range cannot go over {noun(value)}")
        case None:
            return iter(())
        case int() as count:
            return ((index, index) for index in range(count))
        case Mapping() as mapping:
            return ((key, mapping[key]) for key in sorted(mapping, key=shown))
        case Sequence() as items:
            return iter(enumerate(items))
    raise BadValue(f"range cannot go over {noun(value)}")


def _field(value: object, name: str, arguments: Sequence[object]) -> object:
    value = present(value)
    if isinstance(value, Clock | Time):
        return call_method(value, name, arguments)
    fields = value if isinstance(value, Mapping) else structure(value)
    if name not in fields:
        raise BadValue(f'there is no field "{name[:40]}"; there are {", ".join(map(str, fields))}')
    if arguments:
        raise BadValue(f'the field "{name[:40]}" is no function and takes no values')
    return fields[name]
