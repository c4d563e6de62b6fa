"""Exported manifests and configs as objects: what they are, and what they mean where an image is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from regbot.registry.digest import Digest
from tests.sandbox.exports import described, go
from tests.sandbox.scripted import DIGEST, OCI, Refused, config, error_of, logs, manifest, reference, run

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from tests.sandbox.scripted import Answers, Arguments

IMAGE_TYPE: Final = OCI + "manifest.v1+json"
DOCKER: Final = "application/vnd.docker.distribution.manifest.v2+json"
IMAGE: Final = {
    "schemaVersion": 2,
    "mediaType": IMAGE_TYPE,
    "config": {"mediaType": "x/y", "digest": DIGEST, "size": 12},
    "layers": [],
}
CHANGED: Final = go(IMAGE | {"annotations": {"a": "b"}})
NEW: Final = str(Digest.of(CHANGED.encode()))
OLD: Final = {"reference": b"registry.example/app:v1", "digest": DIGEST.encode()}

EXPORT: Final = "local m = manifest.get('a') m.annotations = {a = 'b'} local n = m:export()\n"
ANSWERS: Final[Answers] = {
    "manifest.get": lambda _: manifest(go(IMAGE), IMAGE_TYPE, Set=True, Remain=5),
    "manifest.head": lambda _: manifest(None),
    "manifest.export": described,
    "manifest.put": lambda _: None,
    "manifest.delete": lambda _: None,
    "blob.content": lambda _: b'{"config": {"User": "u"}}',
    "image.config": lambda _: config('{"config": {"User": "u"}}'),
    "blob.put": lambda _: {"digest": DIGEST, "size": 7},
    "reference.new": reference,
    "tag.ls": lambda _: [],
}


def last_arguments(source: str) -> Value:
    """Return the arguments of a script's last call."""
    done = run(EXPORT + source, ANSWERS)
    assert done.calls, done.messages
    return done.calls[-1][1]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("tostring(n)", CHANGED),
        ("n:descriptor().digest", NEW),
        ("n:descriptor().Size", str(len(CHANGED))),
        ("n.annotations.a", "b"),
        ("m:descriptor().digest", DIGEST),
        ("tostring(m)", go(IMAGE)),
        ("tostring(n:ratelimit().Set) .. tostring(m:ratelimit().Set)", "falsetrue"),
        ("tostring(n:export() == n) .. tostring(n:export())", "false" + CHANGED),
        ("type(n) .. type(n.export)", "userdatafunction"),
    ],
)
def test_an_exported_manifest(expression: str, value: str) -> None:
    """It has bytes, a digest and a size of its own; what it was made from stays what it is."""
    assert logs(f"{EXPORT}log({expression})", ANSWERS) == [value]


@pytest.mark.parametrize("use", ["tag.ls(n)", "manifest.get(n)", "n:head()", "n:export():head()"])
def test_before_it_is_put_it_means_the_old_image(use: str) -> None:
    """Where an image is meant it is the one that it was made from."""
    assert last_arguments(use) == [OLD]


@pytest.mark.parametrize("use", ["image.config(n)", "n:config()"])
def test_before_it_is_put_its_config_is_the_one_that_it_names(use: str) -> None:
    """The config of an exported manifest is read by the digest in it; once stored, it is that of the stored image."""
    named = {"reference": f"registry.example/app:v1@{DIGEST}".encode(), "size": 12}
    assert last_arguments(use) == [named, 8 << 20]
    assert last_arguments(f"n:put('b:v2') {use}") == [{"reference": b"b:v2", "digest": NEW.encode()}]


@pytest.mark.parametrize("target", ["'b:v2'", "reference.new('b:v2')"])
@pytest.mark.parametrize("put", ["n:put(TARGET)", "manifest.put(n, TARGET)"])
def test_once_it_is_put_it_means_the_new_image(put: str, target: str) -> None:
    """Stored, it is what it was stored as, with its own digest."""
    assert last_arguments(f"{put.replace('TARGET', target)} n:head()") == [
        {"reference": b"b:v2", "digest": NEW.encode()}
    ]


def test_put_over_the_image_of_an_object() -> None:
    """Stored under the name of a manifest, it is at that name, with its own digest."""
    assert last_arguments("n:put(m) n:head()") == [{**OLD, "digest": NEW.encode()}]


def test_a_put_that_fails_changes_nothing() -> None:
    """It means the old image still, if it could not be stored."""

    def refuse(_: Arguments) -> Value:
        raise Refused("no")

    done = run(f"{EXPORT}pcall(n.put, n, 'b:v2') n:head()", {**ANSWERS, "manifest.put": refuse})
    assert done.calls[-1] == ("manifest.head", [OLD])


def test_it_is_put_with_its_own_bytes() -> None:
    """Put stores what was exported; of what was changed only, the bytes that came."""
    whole = {"reference": b"registry.example/app:v1", "mediaType": IMAGE_TYPE.encode()}
    assert last_arguments("n:put('b')") == [whole | {"body": CHANGED.encode()}, b"b"]
    assert last_arguments("m:put('b')") == [whole | {"body": go(IMAGE).encode()}, b"b"]


def test_delete_is_of_its_own_digest() -> None:
    """An exported manifest that is deleted is never the one that it was made from, stored or not."""
    assert last_arguments("n:delete()") == [{"reference": b"registry.example/app:v1", "digest": NEW.encode()}]
    assert last_arguments("n:put('b:v2') n:delete()") == [{"reference": b"b:v2", "digest": NEW.encode()}]
    assert last_arguments("m:delete()") == [OLD]


@pytest.mark.parametrize(
    ("changes", "media_type"),
    [("", IMAGE_TYPE), ("m.mediaType = nil", IMAGE_TYPE), (f"m.MediaType = '{DOCKER}'", DOCKER)],
)
def test_media_type(changes: str, media_type: str) -> None:
    """It is what its field says, else what the old one was."""
    source = f"local m = manifest.get('a') {changes} log(m:export():descriptor().mediaType)"
    assert logs(source, ANSWERS) == [media_type]


def test_a_head_cannot_be_exported() -> None:
    """What manifest.head gives has nothing to export, and the error says what has."""
    assert error_of("manifest.head('a'):export()", ANSWERS) == (
        "main:1: <manifest>:export: manifest.head gets no fields that could be exported; use manifest.get"
    )


@pytest.mark.parametrize("call", ["c.export(m)", "m.export(c)", "c.export('x')", "m.export()"])
def test_export_of_something_else(call: str) -> None:
    """Each class exports its own objects only."""
    kind = "manifest" if call.startswith("m") else "config"
    text = error_of(f"local m, c = manifest.get('a'), image.config('a')\nlocal n = {call}", ANSWERS)
    assert text == f"main:2: <{kind}>:export: call it with a colon: {kind[0]}:export(…)"


def test_an_exported_config() -> None:
    """It has bytes of its own, which blob.put sends, and means the image that the old one was got from."""
    source = """
        local c = image.config('a') c.config.User = 'me' local n = c:export()
        log(n.config.User .. tostring(n):sub(-40)) log(tostring(c)) blob.put('b', n) tag.ls(n)"""
    written = '{"architecture":"","os":"","config":{"User":"me"},"rootfs":{"type":"","diff_ids":[]}}'
    done = run(source, ANSWERS)
    assert done.logs == ["me" + written[-40:], '{"config": {"User": "u"}}']
    assert done.calls[1:] == [("blob.put", [b"b", written.encode()]), ("tag.ls", [OLD])]
