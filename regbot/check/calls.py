"""Calls of the functions of the API: arguments that are missing or of a wrong type, and options that are not there.

Only what is written out can be checked: `{limit = 5}`, and not a table that is made elsewhere.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from regbot.check.findings import Finding, remedy, shown
from regbot.check.syntax import is_call, is_node, line_of, name_of
from regbot.check.types import kind_of, shown_value, takes
from regbot.check.uses import Way
from regbot.manual.kinds import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Token

    from regbot.check.known import Known
    from regbot.check.syntax import Node
    from regbot.check.uses import Use, Uses
    from regbot.manual.model import Class, Function, Manual, Parameter


def check_calls(found: Uses, known: Known) -> Iterator[Finding]:
    """Give what is wrong with the calls of a script."""
    own = {use.path for use in found.paths if use.way is Way.SET}
    for use in found.paths:
        function = known.function(use.path) if use.way in {Way.CALL, Way.LOOP} else None
        if function is None or own & {use.path, use.path[:1]}:
            continue
        if use.way is Way.CALL:
            yield from _call(known.manual, function, use)
        elif function.returns and function.returns[0].type.endswith("[]"):
            message = (
                f"{function.name} gives a list: to loop over it, write for _, each in ipairs({function.name}(…)) do"
            )
            yield Finding(use.line, message, certain=not use.guarded)


def _call(manual: Manual, function: Function, use: Use) -> Iterator[Finding]:
    arguments = use.arguments
    # What a call or ... gives at the end can be any number of values.
    is_open = bool(arguments) and (is_call(arguments[-1]) or is_node(arguments[-1], "varargs"))
    for parameter, argument in zip_longest(function.parameters, arguments):
        if parameter is None or parameter.name == "...":
            return
        if argument is not None:
            yield from _argument(manual, function, parameter, argument, use)
        elif not parameter.optional and not is_open:
            message = f"{function.name}: the {parameter.name} {_is(parameter)} missing: write {function.signature}"
            yield Finding(use.line, message, certain=not use.guarded)
            return


def _argument(
    manual: Manual, function: Function, parameter: Parameter, argument: Node | Token, use: Use
) -> Iterator[Finding]:
    line = line_of(argument) or use.line
    if not (parameter.optional and is_node(argument, "nil")) and not takes(manual, parameter.type, argument):
        wanted, came = phrase(manual, parameter.type), shown_value(manual, parameter.type, argument)
        message = f"{function.name}: the {parameter.name} should be {wanted}, not {came}"
        yield Finding(line, message, certain=not use.guarded)
    options = manual.options(parameter)
    if options and is_node(argument, "table"):
        yield from _options(manual, function, options, argument, use)


def _options(manual: Manual, function: Function, options: Class, table: Node, use: Use) -> Iterator[Finding]:
    fields = {field.name: field for field in options.fields}
    for entry in table.children:
        line = line_of(entry) or use.line
        if not is_node(entry, "pair"):
            if kind_of(entry):
                message = f"{function.name}: an option has a name: {{{next(iter(fields))} = …}}"
                yield Finding(line, message, certain=not use.guarded)
            continue
        key, value = entry.children
        name = name_of(key)
        if name is None:
            continue
        if name not in fields:
            message = f"{function.name} has no option {shown(name)}{remedy(name, fields)}"
            yield Finding(line, message, certain=not use.guarded)
        elif not is_node(value, "nil") and not takes(manual, fields[name].type, value):
            wanted, came = phrase(manual, fields[name].type), shown_value(manual, fields[name].type, value)
            message = f"{function.name}: the option {shown(name)} should be {wanted}, not {came}"
            yield Finding(line, message, certain=not use.guarded)


def _is(parameter: Parameter) -> str:
    return "are" if parameter.name.endswith("s") else "is"
