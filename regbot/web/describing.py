"""OpenAPI 3.1, made of the table of what can be asked."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

import msgspec

from regbot.version import VERSION
from regbot.web import problems
from regbot.web.schemas import REFERENCE, schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.web.asked import Endpoint

_ABOUT: Final = """What a `regbot server` shows and takes.

Where the server was started with `--token-file`, every request but those to the probes shows the token.  Whoever
changes something by POST sends JSON.  Times are in UTC, sizes in bytes, durations in seconds."""
_PATH: Final[Mapping[str, Mapping[str, Any]]] = {
    "id": {
        "description": "Number of a run.",
        "example": 1,
        "schema": {"type": "integer", "minimum": 1, "maximum": 10**15 - 1},
    },
    "name": {
        "description": "Name of a script.",
        "example": "mirror",
        "schema": {"type": "string", "minLength": 1},
    },
}
_PROBLEM: Final = {
    "type": "object",
    "description": "What was wrong, and what to do (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "findings": {
            "type": "array",
            "items": {"type": "string"},
            "description": "What is wrong with the configuration, each with its file and line.",
        },
    },
}
_ALWAYS: Final = (400, 408, 413, 421, 500)
_OF_POST: Final = (403, 415, 422)


@cache
def describe(endpoints: tuple[Endpoint, ...]) -> Mapping[str, Any]:
    """Return the document for these rows."""
    kinds, components = schemas()
    paths: dict[str, dict[str, Any]] = {}
    for row in endpoints:
        if not row.hidden:
            paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, kinds)
    return {
        "openapi": "3.1.0",
        "info": {"title": "regbot", "version": VERSION, "description": _ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**components, "Problem": _PROBLEM},
            "responses": {f"Problem{status}": _problem(what) for status, what in problems.EXPLAINED.items()},
        },
    }


def _operation(row: Endpoint, kinds: Mapping[Any, Any]) -> dict[str, Any]:
    summary, _, more = (inspect.getdoc(row.answer) or "").partition("\n\n")
    module = row.answer.__module__.rpartition(".")[2]
    said: dict[str, Any] = {
        "operationId": f"{module}_{row.answer.__name__}",
        "summary": summary,
        "parameters": [*_in_path(row.path), *_in_query(row.query)],
        "responses": _responses(row, kinds),
    }
    if more:
        said["description"] = more
    if row.body is not None:
        schema = _inline(row.body)
        said["requestBody"] = {"required": False, "content": {"application/json": {"schema": schema}}}
    if row.open:
        said["security"] = []
    return said


def _in_path(path: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, **_PATH[name]} for name in re.findall(r"{(\w+)}", path)]


def _in_query(kind: type) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "description": schema.pop("description"), "schema": schema}
        for name, schema in _inline(kind)["properties"].items()
    ]


def _inline(kind: type) -> dict[str, Any]:
    """Return the schema of a struct that no other one holds."""
    _, components = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    schema: dict[str, Any] = components[kind.__name__]
    return schema


def _responses(row: Endpoint, kinds: Mapping[Any, Any]) -> dict[str, Any]:
    statuses = {*_ALWAYS, *row.problems, *(() if row.open else (401,)), *(_OF_POST if row.method == "POST" else ())}
    return {
        str(row.status): _success(row, kinds),
        **{str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)},
    }


def _success(row: Endpoint, kinds: Mapping[Any, Any]) -> dict[str, Any]:
    schema = _schema(row.gives, kinds) if row.gives is not None else {"type": "string"}
    described: dict[str, Any] = {"description": "As asked.", "content": {row.media: {"schema": schema}}}
    if row.headers:
        headers = {name: {"description": what, "schema": {"type": "string"}} for name, what in row.headers.items()}
        described["headers"] = headers
    if row.leads:
        described["links"] = {
            operation: {"operationId": operation, "parameters": {parameter: where}}
            for operation, (parameter, where) in row.leads.items()
        }
    return described


def _schema(gives: Any, kinds: Mapping[Any, Any]) -> dict[str, Any]:  # noqa: ANN401 -- a type
    if gives in kinds:
        return {"$ref": REFERENCE.format(name=gives.__name__)}
    if get_origin(gives) is Sequence:
        return {"type": "array", "items": _schema(get_args(gives)[0], kinds)}
    return {"type": "object"}


def _problem(what: str) -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(name="Problem")}
    return {"description": what, "content": {problems.MEDIA: {"schema": schema}}}
