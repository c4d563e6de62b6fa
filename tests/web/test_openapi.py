"""The description of the API: whole, true to the dataclasses, and to what is answered."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from regbot.supervisor.history.record import RunRecord
from regbot.supervisor.server.control import ScriptState, ServerState
from regbot.web.openapi import document
from regbot.web.table import ENDPOINTS
from tests.web.site import API, TOKEN

if TYPE_CHECKING:
    from tests.web.site import Site

SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))


@pytest.mark.parametrize("kind", [RunRecord, ScriptState, ServerState])
def test_fields(kind: type) -> None:
    """A schema has the fields of its dataclass, all of them required."""
    schema = document()["components"]["schemas"][kind.__name__]
    names = [each.name for each in dataclasses.fields(kind)]
    assert list(schema["properties"]) == schema["required"] == names


def test_docstrings() -> None:
    """What the dataclasses say of their fields is said to users of the API."""
    schema = document()["components"]["schemas"]["ScriptState"]
    assert schema["properties"]["running"]["description"] == "The run that is going on."


def test_every_row_is_described() -> None:
    """Every path and method of the table is in the document, but for what a browser loads."""
    described = {(method.upper(), path) for path, item in document()["paths"].items() for method in item}
    assert described == {(row.method, row.path) for row in ENDPOINTS if not row.hidden}
    summaries = [operation["summary"] for item in document()["paths"].values() for operation in item.values()]
    assert all(summaries)


@pytest.mark.parametrize(
    ("path", "name"),
    [(f"{API}/scripts", "ScriptState"), (f"{API}/runs", "RunRecord"), (f"{API}/runs/%d/log", "LogLine")],
)
def test_answers_are_as_described(site: Site, path: str, name: str) -> None:
    """A real answer meets its schema; without one of its members it would not."""
    number = site.run("mirror")["id"]
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    values = site.http.get(path % number if "%" in path else path).json()
    for value in values:
        jsonschema.validate(value, schema)
        value.popitem()
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(value, schema)
    assert values


def test_schemathesis(site: Site) -> None:
    """Whatever the description allows, and what it does not, is answered as it says."""
    words = ["--exclude-path-regex", "events$", "--max-examples", "3", "--generation-deterministic", "--no-color"]
    login = ["-H", f"Authorization: Bearer {TOKEN}", "--request-timeout", "20"]
    done = subprocess.run(
        [SCHEMATHESIS, "run", f"http://{site.address}{API}/openapi.json", *login, *words],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
        cwd=site.folder,
        env={"PATH": os.environ["PATH"], "HOME": str(site.folder)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Test Phases:" in done.stdout
    assert not site.records("A request could not be answered: this is a bug of regbot")
