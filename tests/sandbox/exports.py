"""What scripts export, and what Go would write."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from regbot.registry.manifest import Manifest
from regbot.supervisor.operations.api import answers
from tests.sandbox.scripted import OCI, config, error_of, logs, manifest

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from tests.sandbox.scripted import Arguments

IMAGE_TYPE: Final = OCI + "manifest.v1+json"


def described(arguments: Arguments) -> Value:
    """Answer manifest.export as the supervisor does."""
    (made,) = arguments
    assert isinstance(made, dict)
    return answers.described(Manifest.read(made["body"], media_type=made["mediaType"].decode()))


def exported_config(document: str, changes: str = "") -> str:
    """Return what a config *c* is exported as, after *changes*."""
    source = f"local c = image.config('a') {changes}\nlog(tostring(c:export()))"
    return logs(source, {"image.config": lambda _: config(document)})[-1]


def exported_manifest(document: str, changes: str = "", media_type: str = IMAGE_TYPE) -> str:
    """Return what a manifest *m* is exported as, after *changes*."""
    source = f"local m = manifest.getList('a') {changes}\nlog(tostring(m:export()))"
    known = {"manifest.getList": lambda _: manifest(document, media_type), "manifest.export": described}
    return logs(source, known)[-1]


def refusal(changes: str, document: str = "{}") -> str:
    """Return what is wrong with the export of a config after *changes*."""
    text = error_of(
        f"local c = image.config('a') {changes}\nlocal n = c:export()", {"image.config": lambda _: config(document)}
    )
    assert text.startswith("main:2: <config>:export: ")
    return text.removeprefix("main:2: <config>:export: ")


def go(document: object) -> str:
    """Return a document as Go's encoding/json writes it, members in the order that they have."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
