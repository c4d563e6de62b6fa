"""The fields of objects, as they are described, against documents that have them all."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest

from regbot.manual.reading import read
from tests.manual.test_prelude import PRELUDE
from tests.sandbox.scripted import OCI, blob, config, logs, manifest

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from tests.sandbox.scripted import Answers, Arguments

PLATFORM: Final = {"os": "windows", "os.version": "10", "os.features": ["a"], "features": ["b"]}
DESCRIPTOR: Final = {"mediaType": "a/b", "digest": "sha256:0", "size": 1, "data": "", "platform": PLATFORM}
DOCUMENTS: Final = {
    "image": (f"{OCI}manifest.v1+json", {"config": DESCRIPTOR, "layers": [DESCRIPTOR], "subject": DESCRIPTOR}),
    "index": (f"{OCI}index.v1+json", {"manifests": [DESCRIPTOR]}),
    "artifact": ("application/vnd.oci.artifact.manifest.v1+json", {"blobs": [DESCRIPTOR]}),
    "docker": ("application/vnd.docker.distribution.manifest.v2+json", {"mediaType": "a/b"}),
}
CONFIG: Final = {
    "created": "2024-01-02T03:04:05Z",
    "history": [{"created": "2024-01-02T03:04:05Z"}],
    "config": {"StopTimeout": 1, "Healthcheck": {"Interval": 1}},
}
SCRIPT: Final = """
    local image, index = manifest.get("image"), manifest.get("index")
    local artifact, docker = manifest.get("artifact"), manifest.get("docker")
    local config, blob = image:config(), blob.get("image", "sha256:0")
    local function typed(objects, names)
      for _, name in ipairs(names) do
        local found = "nil"
        for _, object in ipairs(objects) do
          found = found == "nil" and type(object[name]) or found
        end
        print(name, found)
      end
    end
"""
MODULES: Final = """
    local version = require("semver").parse("1.2.3")
    local kept = require("retention").select({{name = "a", created = 1}}, {pattern = "*"})
    for name in pairs(%s) do log(name) end
"""
OBJECTS: Final = {
    "Blob": "blob",
    "Config": "config",
    "ConfigDescriptor": "image.config",
    "Descriptor": "image.layers[1]",
    "Execution": "config.config",
    "Healthcheck": "config.config.Healthcheck",
    "History": "config.history[1]",
    "Manifest": "image, index, artifact",
    "Platform": "index.manifests[1].platform",
    "RateLimit": "image:ratelimit()",
    "RootFS": "config.rootfs",
    "Versioned": "docker.Versioned",
}
"""By the name of its class: where SCRIPT has an object that has all fields, or several that have them together."""
LUA: Final = {"string": "string", "number": "number", "boolean": "boolean"}


def answer(arguments: Arguments) -> Value:
    """Answer manifest.get: the image's name says which document."""
    (name,) = arguments
    assert isinstance(name, bytes)
    media_type, document = DOCUMENTS[name.decode()]
    return manifest(json.dumps(document), media_type)


ANSWERS: Final[Answers] = {
    "blob.get": lambda _: blob(),
    "image.config": lambda _: config(json.dumps(CONFIG)),
    "manifest.get": answer,
}


@pytest.mark.parametrize("name", OBJECTS)
def test_types(name: str) -> None:
    """Every field that is described is there, under each of its names, and of the type that is described."""
    expected = {each: LUA.get(f.type, "table") for f in read().classes[name].fields for each in (f.name, *f.aliases)}
    names = ", ".join(f"[==[{each}]==]" for each in expected)
    told = logs(f"{SCRIPT} typed({{{OBJECTS[name]}}}, {{{names}}})", ANSWERS)
    assert dict(line.split("\t") for line in told) == expected


@pytest.mark.parametrize(("name", "expression"), [("Version", "version"), ("RetentionResult", "kept[1]")])
def test_objects_of_modules(name: str, expression: str) -> None:
    """What modules give has the fields that are described, and no others."""
    assert set(logs(MODULES % expression)) == set(read().classes[name].names)


def test_every_field_of_a_document_is_described() -> None:
    """The fields that documents have in the prelude are described, with the name in the JSON and the name in Go."""
    rows = re.findall(r'\{ (?:"([\w.]+)"|false), "(\w+)", ', (PRELUDE / "schema.lua").read_text())
    described = {name for each in read().classes.values() for name in pairwise(("", *each.names))}
    names = {name for each in read().classes.values() for name in each.names}
    assert {(row, go) for row, go in rows if row and row != go} <= described
    assert {go for _, go in rows} <= names
