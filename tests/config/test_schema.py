from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from regbot.config.findings import ConfigError
from regbot.config.schema import json_schema

from .support import loaded

if TYPE_CHECKING:
    from regbot.config.kinds import Json

ACCEPTED: list[Json] = [
    {},
    None,
    {"version": 1, "x-a": [1], "unknown": {"deep": True}},
    {"creds": None, "defaults": None, "scripts": None},
    {"scripts": [{"name": "a", "script": "log('x')", "timeout": "1h15m", "schedule": "0 6 * * *", "other": 1}]},
    {"scripts": [{"name": 12, "interval": 0, "limits": {"memory": "128MiB"}}]},
    {"creds": [{"registry": "a.io", "user": 1, "pass": True, "tls": "Disabled", "scheme": "http", "priority": "3"}]},
    {"creds": [{"registry": "a.io", "mirrors": ["b.io"], "apiOpts": {"a": 1}, "reqPerSec": 0.5, "blobMax": -1}]},
    {"creds": [{"registry": "a.io", "hostname": "[::1]:5000", "pathPrefix": "/a/b/", "credHelper": "/bin/x"}]},
    {"creds": [{"registry": "a.io", "hostname": "", "pathPrefix": "", "mirrors": ["B_1:5000"]}]},
    {"defaults": {"skipDockerConfig": "Yes", "parallel": -1, "limits": {"memory": 1 << 20}, "timeout": "-5s"}},
    {"defaults": {"limits": {"cpu": 30, "operations": 1000, "logBytes": 0, "messageBytes": 1 << 16, "inFlight": 1}}},
    {"defaults": {"limits": {"cpu": "90s", "operations": "off", "logBytes": "4KiB", "messageBytes": "1GiB"}}},
    {"scripts": [{"name": "a", "limits": {"cpu": False, "operations": False, "inFlight": "1024", "timeout": "1h"}}]},
]
REFUSED: list[Json] = [
    [],
    "text",
    {"version": 2},
    {"version": "one"},
    {"scripts": "text"},
    {"scripts": [{"script": "log('x')"}]},
    {"scripts": [{"name": "a", "timeout": 10}]},
    {"scripts": [{"name": "a", "timeout": "soon"}]},
    {"scripts": [{"name": "a", "limits": {"memory": "128MB"}}]},
    *({"defaults": {"limits": {"cpu": cpu}}} for cpu in ("soon", -1, "-1", 1.5, True)),
    *({"defaults": {"limits": {"operations": count}}} for count in ("many", -1, True)),
    {"defaults": {"limits": {"logBytes": "1MB"}}},
    *({"defaults": {"limits": {"messageBytes": size}}} for size in (64_000, (1 << 30) + 1)),
    *({"defaults": {"limits": {"inFlight": count}}} for count in (0, 1025, "off")),
    {"creds": [{"registry": "a.io", "tls": "maybe"}]},
    {"creds": [{"registry": "a.io", "priority": -1}]},
    {"creds": [{"registry": "a.io", "mirrors": "b.io"}]},
    {"creds": [{"registry": "a.io", "mirrors": [""]}]},
    {"creds": [{"registry": "a.io", "mirrors": ["https://b.io"]}]},
    {"creds": [{"registry": "a.io", "hostname": "https://b.io"}]},
    {"creds": [{"registry": "a.io", "pathPrefix": "A"}]},
    {"defaults": {"skipDockerConfig": "maybe"}},
    {"defaults": {"parallel": "many"}},
]


def accepted_by_program(document: Json) -> bool:
    """Say whether the program loads a document."""
    try:
        loaded(json.dumps(document))
    except ConfigError:
        return False
    return True


def test_valid() -> None:
    """The schema is one, and is JSON."""
    Draft202012Validator.check_schema(json.loads(json.dumps(json_schema())))


@pytest.mark.parametrize(("document", "ok"), [*((one, True) for one in ACCEPTED), *((one, False) for one in REFUSED)])
def test_agrees(document: Json, ok: bool) -> None:  # noqa: FBT001 -- a column of the table
    """The schema accepts what the program accepts, and refuses what it refuses."""
    validator = Draft202012Validator(json.loads(json.dumps(json_schema())))
    assert validator.is_valid(document) is ok
    assert accepted_by_program(document) is ok


def test_descriptions() -> None:
    """Editors are told what a field is and by default, and whether it is a template or deprecated."""
    properties = json.loads(json.dumps(json_schema()))["properties"]
    creds = properties["creds"]["items"]["properties"]
    assert (
        creds["pass"]["description"]
        == "Password, without line breaks and other control characters. Go templates are expanded."
    )
    assert "Default: 1h." in creds["credExpire"]["description"]
    assert creds["scheme"]["deprecated"] is True
    assert "deprecated" not in creds["tls"]
