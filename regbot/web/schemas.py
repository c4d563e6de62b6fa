"""JSON Schemas of what the API gives: made of the dataclasses, their docstrings included."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from regbot.supervisor.audit.change import Change
from regbot.supervisor.audit.trail import LogLine, Step
from regbot.supervisor.history.record import LOST, RUNNING, RunRecord
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.server.control import Reloaded, ScriptState, ServerState
from regbot.web.views import Alive, Ready, Run, ScriptChanges

REFERENCE: Final = "#/components/schemas/{name}"
_OUTCOMES: Final = list(dict.fromkeys([RUNNING, *(verdict.word for verdict in Verdict), LOST]))
_CLASSES: Final = (
    Change,
    LogLine,
    Step,
    RunRecord,
    Run,
    ScriptState,
    ServerState,
    Reloaded,
    ScriptChanges,
    Alive,
    Ready,
)
"""Each after those that it holds."""


def schemas() -> tuple[Mapping[Any, Any], Mapping[str, Any]]:
    """Return what stands for each dataclass in an annotation, and the schema of each by name."""
    names: dict[str, Any] = {"datetime": datetime, "Mapping": Mapping, "Sequence": Sequence}
    for each in _CLASSES:
        names[each.__name__] = _struct(each, names)
    _, components = msgspec.json.schema_components([names[each.__name__] for each in _CLASSES], ref_template=REFERENCE)
    return {each: names[each.__name__] for each in _CLASSES}, components


def _struct(kind: type, names: Mapping[str, Any]) -> type[msgspec.Struct]:
    """Return a struct with the fields of a dataclass, every one of them required: none is ever left out."""
    # Annotations of a dataclass are names that its module may only know while it is checked.
    hints = typing.get_type_hints(kind, localns=dict(names))
    said = {name: text for each in reversed(kind.__mro__[:-1]) for name, text in _said(each).items()}
    fields = [(each.name, _described(each.name, hints[each.name], said)) for each in dataclasses.fields(kind)]
    return msgspec.defstruct(kind.__name__, fields, namespace={"__doc__": inspect.getdoc(kind)})


def _described(name: str, hint: Any, said: Mapping[str, str]) -> Any:  # noqa: ANN401 -- a type
    extra = {"enum": _OUTCOMES} if name == "outcome" else None
    return Annotated[hint, msgspec.Meta(description=said.get(name), extra_json_schema=extra)]


def _said(kind: type) -> Mapping[str, str]:
    """Return the docstrings that stand below the fields of a class."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    pairs = zip(body.body, body.body[1:], strict=False)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairs
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }
