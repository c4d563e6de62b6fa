"""docs/lua.md: the text of page.md, with what the definition files say in the places that it names.

Such a place is a line of its own: two braces, the name of a function below and what it is to show.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regbot.manual.lines import ManualError
from regbot.manual.standard import STANDARD
from regbot.manual.words import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.manual.model import Field, Function, Manual

_PLACE: Final = re.compile(r"^\{\{(\w+)((?: [\w.:]+)*)\}\}$", re.MULTILINE)
_GENERATED: Final = "<!-- Made by `make docs` from regbot/manual/: change it there. -->\n\n"


def page(manual: Manual) -> str:
    """Return the whole page."""

    def filled(place: re.Match[str]) -> str:
        return _PLACES[place[1]](manual, *place[2].split()).rstrip("\n")

    return _GENERATED + _PLACE.sub(filled, _template())


def _template() -> str:
    return Path(__file__).with_name("page.md").read_text(encoding="utf-8")


def anchor(title: str) -> str:
    """Return what links call a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _summary(text: str) -> str:
    return re.split(r"(?<=\.) |\n\n", text, maxsplit=1)[0].replace("\n", " ")


def index(manual: Manual) -> str:
    """List every function, in the order of the page, and every module, with a link and what it does."""
    places = " ".join(re.findall(r"^\{\{functions (.*)\}\}$", _template(), re.MULTILINE))
    found = [_called(manual, name) for name in places.split()]
    calls = [(each.signature, anchor(each.signature), each.text) for each in found]
    calls += [(f'require("{each.name}")', each.name, each.text) for each in manual.modules.values()]
    rows = [f"| [`{call}`](#{target}) | {_summary(text)} |" for call, target, text in calls]
    return "\n".join(["| call | does |", "|---|---|", *rows])


def functions(manual: Manual, *names: str) -> str:
    """Describe functions, a heading for each."""
    return "\n\n".join(_function(manual, _called(manual, name)) for name in names)


def _called(manual: Manual, name: str) -> Function:
    found = manual.function(name)
    if found is None:
        raise ManualError(f"the page asks for a function that there is not: {name}")
    return found


def methods(manual: Manual, name: str) -> str:
    """Describe the methods of a class, a heading for each."""
    return "\n\n".join(_function(manual, method) for method in manual.classes[name].methods)


def calls(manual: Manual, name: str) -> str:
    """List the methods of a class in a table."""
    rows = [f"| `{method.signature}` | {_summary(method.text)} |" for method in manual.classes[name].methods]
    return "\n".join(["| call | does |", "|---|---|", *rows])


def module(manual: Manual, name: str) -> str:
    """Describe a module, a heading for each of its functions."""
    found = manual.modules[name]
    fields = _table(manual, found.fields) if found.fields else []
    parts = [found.text, "\n".join(fields), *(_function(manual, each, "####") for each in found.functions)]
    return "\n\n".join(part for part in parts if part)


def fields(manual: Manual, *names: str) -> str:
    """List the fields of classes in a table for each."""
    found = [manual.classes[name] for name in names]
    return "\n\n".join("\n".join(_table(manual, each.fields)) for each in found)


def _function(manual: Manual, function: Function, level: str = "###") -> str:
    mark = "*Extension.* " if function.extension else ""
    lines = [f"{level} {function.signature}", "", mark + function.text, ""]
    for parameter in function.parameters:
        lines.append(f"- *{parameter.name}*: {_told(manual, parameter.type, parameter.text)}")
        lines += _options(manual, parameter.type, "  ")
    lines += _returns(manual, function)
    return "\n".join(lines).rstrip("\n")


def _returns(manual: Manual, function: Function) -> list[str]:
    told = [_told(manual, each.type, each.text) for each in function.returns]
    if len(told) == 1:
        return [f"- returns: {told[0]}"]
    named = [f"*{each.name}*: {text}" for each, text in zip(function.returns, told, strict=True)]
    return [f"- {'and' if place else 'returns'} {text}" for place, text in enumerate(named)]


def _told(manual: Manual, kind: str, text: str) -> str:
    return f"{words(manual, kind)}. {text}" if text else words(manual, kind)


def _options(manual: Manual, kind: str, indent: str) -> list[str]:
    lines = []
    for each in manual.options_in(kind):
        for option in each.fields:
            mark = "*Extension.* " if option.extension else ""
            text = mark + option.text.replace("\n", " ")
            lines.append(f"{indent}- `{option.name}`: {_told(manual, option.type, text)}")
            lines += _options(manual, option.type, indent + "  ")
    return lines


def _table(manual: Manual, found: tuple[Field, ...]) -> list[str]:
    rows = ["| field | is | |", "|---|---|---|"]
    for field in found:
        names = " ".join(f"`{name}`" for name in (field.name, *field.aliases))
        kind = words(manual, field.type + ("?" if field.optional else ""))
        mark = "*Extension.* " if field.extension else ""
        rows.append(f"| {names} | {kind} | {mark}{field.text} |")
    return rows


def names(_: Manual) -> str:
    """List what scripts have of Lua's own library."""
    rows = [f"- {f'`{name}`: ' if name else ''}`{' '.join(found)}`" for name, found in STANDARD.items()]
    return "\n".join(rows)


_PLACES: Final[dict[str, Callable[..., str]]] = {
    "calls": calls,
    "fields": fields,
    "functions": functions,
    "index": index,
    "methods": methods,
    "module": module,
    "names": names,
}
