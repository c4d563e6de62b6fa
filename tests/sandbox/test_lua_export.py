"""Exports: what a changed manifest or config becomes, byte for byte as Go's regclient writes it."""

from __future__ import annotations

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.exports import exported_config, exported_manifest, go
from tests.sandbox.scripted import DIGEST, OCI

ARTIFACT: Final = "application/vnd.oci.artifact.manifest.v1+json"
DOCKER: Final = "application/vnd.docker.distribution.manifest."
ZERO: Final = '"architecture":"","os":"","config":{},"rootfs":{"type":"","diff_ids":[]}'
"""What Go writes of a config that says nothing."""

DESCRIPTOR: Final = {"mediaType": "x/y", "digest": DIGEST, "size": 12}
PLATFORM: Final = {
    "architecture": "arm",
    "os": "windows",
    "os.version": "10.0",
    "os.features": ["win32k"],
    "variant": "v7",
    "features": ["sse4"],
}
FULL: Final = DESCRIPTOR | {
    "urls": ["https://x/?a&b"],
    "annotations": {"": "<", "b": "\u2028", "ä": ""},
    "data": "e30=",
    "platform": PLATFORM,
    "artifactType": "a/b",
    "later": [],
}
EXECUTION: Final = {
    "User": "u",
    "ExposedPorts": {"53/udp": {}, "80/tcp": {}},
    "Env": ["A=b"],
    "Entrypoint": ["/x"],
    "Cmd": ["-c", ""],
    "Volumes": {"/data": {}},
    "WorkingDir": "/",
    "Labels": {"a": 'b\x7f\x00\b\f\n\r\t\\"', "b": "1"},
    "StopSignal": "TERM",
    "StopTimeout": 0,
    "ArgsEscaped": True,
    "Healthcheck": {
        "Test": ["CMD"],
        "Interval": 30_000_000_000,
        "Timeout": 9_007_199_254_740_993,
        "StartPeriod": -1,
        "Retries": 3,
        "StartInterval": 5,
    },
    "OnBuild": ["RUN x"],
    "Shell": ["sh"],
    "Domainname": "",
}
CONFIG: Final = {
    "created": "2024-01-02T03:04:05.123456789+02:00",
    "author": "é <me@x>",
    **PLATFORM,
    "config": EXECUTION,
    "rootfs": {"type": "layers", "diff_ids": [DIGEST]},
    "history": [{"created": "0001-01-01T00:00:00Z", "created_by": "x && y"}, {"empty_layer": True, "v": None}],
    "container": "",
    "container_config": {"Z": None, "A": [None, False, {}]},
}
MANIFESTS: Final = {
    OCI + "manifest.v1+json": {
        "schemaVersion": 2,
        "mediaType": OCI + "manifest.v1+json",
        "artifactType": "a/b",
        "config": FULL,
        "layers": [DESCRIPTOR, FULL],
        "subject": DESCRIPTOR,
        "annotations": {"a": "1"},
        "x": {},
    },
    OCI + "index.v1+json": {
        "schemaVersion": 2,
        "mediaType": OCI + "index.v1+json",
        "artifactType": "a/b",
        "manifests": [FULL],
        "subject": FULL,
        "annotations": {"a": "1"},
    },
    ARTIFACT: {
        "mediaType": ARTIFACT,
        "artifactType": "a/b",
        "blobs": [DESCRIPTOR],
        "subject": DESCRIPTOR,
        "annotations": {"a": "1"},
        "schemaVersion": 2,
    },
    DOCKER + "v2+json": {
        "schemaVersion": 2,
        "mediaType": DOCKER + "v2+json",
        "config": DESCRIPTOR,
        "layers": [],
        "annotations": {"a": "1"},
    },
    DOCKER + "list.v2+json": {"schemaVersion": 2, "mediaType": DOCKER + "list.v2+json", "manifests": []},
}


@pytest.mark.parametrize("media_type", MANIFESTS)
def test_a_manifest_in_gos_form(media_type: str) -> None:
    """A manifest that Go wrote, with every field and some that Go does not know, is exported as the same bytes."""
    document = go(MANIFESTS[media_type])
    assert exported_manifest(document, media_type=media_type) == document


def test_a_config_in_gos_form() -> None:
    """A config that Go wrote, with every field and some that Go does not know, is exported as the same bytes."""
    assert exported_config(go(CONFIG)) == go(CONFIG)


texts = st.text(max_size=6)
numbers = st.integers(-(1 << 70), 1 << 70) | st.floats(allow_nan=False, allow_infinity=False)
unknown = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
labels = st.dictionaries(texts, texts, min_size=1, max_size=4)


@given(labels, st.dictionaries(st.sampled_from(["x", "y", "-", "Os", "ä"]), unknown, max_size=4))
def test_unknown_fields_survive(named: dict[str, str], more: dict[str, object]) -> None:
    """Members that Go does not know keep place, order, empty arrays and digits, whatever they are."""
    known = {"architecture": "a", "os": "b", "config": {"Labels": dict(sorted(named.items()))}}
    document = go(known | {"rootfs": {"type": "", "diff_ids": []}} | more)
    assert exported_config(document) == document


def test_numbers_keep_their_digits() -> None:
    """Numbers that no double holds, and those that are written in ways of their own, stay as they are."""
    document = f'{{{ZERO},"x":[1.0,1e3,12345678901234567890,-0,0.10,9007199254740993]}}'
    assert exported_config(document) == document
    assert exported_config(document, "table.remove(c.x, 1)") == document.replace("1.0,", "")
    assert exported_config(document, "c.x[2] = 1001") == document.replace("1e3", "1001")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{}", ""),
        ('{"author": "", "config": null, "rootfs": {"diff_ids": null}, "history": [], "created": null}', ""),
        ('{"x": {"b": [ ], "a": { }}, "config": { }}', ',"x":{"b":[],"a":{}}'),
        ('{"x": null, "Config": 1, "z": [null, 1]}', ',"x":null,"z":[null,1]'),
        ('{"y": "\\u003c\\u00e9\\/\\ud83d\\ude00"}', ',"y":"\\u003cé/😀"'),
        ('{"a": 1, "a": 2}', ',"a":2'),
    ],
)
def test_what_is_said_otherwise(document: str, expected: str) -> None:
    """Space, escapes, order and nothing said in many words become what Go writes."""
    assert exported_config(document) == f"{{{ZERO}{expected}}}"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("2024-01-02T03:04:05.120Z", "2024-01-02T03:04:05.12Z"),
        ("2024-01-02T03:04:05+00:00", "2024-01-02T03:04:05Z"),
        ("2024-01-02T03:04:05.000-07:30", "2024-01-02T03:04:05-07:30"),
        ("2024-01-02T03:04:05.1234567891Z", "2024-01-02T03:04:05.123456789Z"),
    ],
)
def test_times(said: str, written: str) -> None:
    """A time is written as Go does, whether the document says it or a script, as RFC 3339 or as Go prints it."""
    expected = f'{{"created":"{written}",{ZERO}}}'
    assert exported_config(json.dumps({"created": said})) == expected
    assert exported_config("{}", f"c.Created = '{said}'") == expected
    assert (
        exported_config(json.dumps({"created": said}), "local t = c.created c.created = nil c.created = t") == expected
    )
    assert exported_config(json.dumps({"created": said}), "c.created = nil") == f"{{{ZERO}}}"


@pytest.mark.parametrize(
    ("changes", "execution"),
    [
        ("c.config.User = 'u'", '{"User":"u"}'),
        ("c.Config = {user = 1, Env = {'A=b'}}", '{"Env":["A=b"],"user":1}'),
        ("c.Config.ExposedPorts = {['1/tcp'] = true, b = {}}", '{"ExposedPorts":{"1/tcp":{},"b":{}}}'),
        ("c.Config = {StopTimeout = 0, Healthcheck = {}}", '{"StopTimeout":0,"Healthcheck":{}}'),
        ("c.config.Healthcheck = {Interval = 2^62}", '{"Healthcheck":{"Interval":4611686018427387904}}'),
        ("c.config.Labels.x = '<\\0\\255é'", '{"Labels":{"x":"\\u003c\\u0000\\ufffdé"}}'),
        ("c.config.Labels, c.config.Env, c.config.User = {}, {}, ''", "{}"),
        ("c.Config = nil c.rootfs = nil c.Platform = nil", "{}"),
    ],
)
def test_changes_of_known_fields(changes: str, execution: str) -> None:
    """What a script assigns, as tables of its own or in those that are there, is written as Go would."""
    assert exported_config("{}", changes) == f"{{{ZERO.replace('{}', execution, 1)}}}"


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ("c.history = {{CreatedBy = 'x', empty_layer = true, z = 1}}",
         '"history":[{"created_by":"x","empty_layer":true,"z":1}]'),
        ("c.b = {{}, {1, 'x', true}} c.a = {k = 1.5, j = {}}", '"a":{"j":{},"k":1.5},"b":[{},[1,"x",true]]'),
        ("c.Platform.new = 1 c.n = 2^53 c.m = 1e300", '"m":1e+300,"n":9007199254740992,"new":1'),
        ("c.old = c.Platform c.Platform = nil c.run = {c.config}", '"old":{"architecture":"","os":""},"run":[{}]'),
        ("local j = require 'json' c.a, c.b, c.c = j.array(), j.null, j.number('1e999')", '"a":[],"b":null,"c":1e999'),
    ],
)  # fmt: skip
def test_new_fields(changes: str, more: str) -> None:
    """What was not there before stands behind the rest, sorted."""
    assert exported_config("{}", changes) == f"{{{ZERO},{more}}}"


def test_names_of_fields() -> None:
    """A field is assigned by either name, and so are those of the platform, beside it or in it."""
    changes = "c.Author = 'a' c.OS = 'o' c.Platform.Variant = 'v' c.rootfs.type = 't' c.RootFS.DiffIDs[1] = 'd'"
    expected = '"author":"a","architecture":"","os":"o","variant":"v"'
    assert exported_config("{}", changes) == f'{{{expected},"config":{{}},"rootfs":{{"type":"t","diff_ids":["d"]}}}}'


UNKNOWN: Final = f'{{{ZERO},"y":{{"b":[],"a":null,"d":1.0,"c":[null,{{"z":1,"y":2}}]}},"x":[]}}'


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ("c.y.d = nil", ',"d":1.0', ""),
        ("c.y.e = 1 c.y.A = 2", "}]}", '}],"A":2,"e":1}'),
        ("c.y.b = {}", "", ""),
        ("c.y.b.x = 1", '"b":[]', '"b":{"x":1}'),
        ("c.y.c[2].z = 5", '"z":1', '"z":5'),
        ("table.remove(c.y.c, 1)", "null,{", "{"),
        ("table.insert(c.y.c, 1, 'x')", "[null", '["x",null'),
        ("c.x = {'a'}", '"x":[]', '"x":["a"]'),
        ("c.w, c.y = c.y, nil", UNKNOWN[len(ZERO) + 1 : -1], ',"x":[],"w":' + UNKNOWN[len(ZERO) + 6 : -8]),
        ("c.y = {d = 1, b = {}}", UNKNOWN[len(ZERO) + 1 : -1], ',"y":{"b":[],"d":1.0},"x":[]'),
    ],
)
def test_changes_of_what_is_not_known(changes: str, old: str, new: str) -> None:
    """Of what Go does not know, a change changes one place; the rest keeps order, digits, nulls and empty arrays."""
    assert exported_config(UNKNOWN, changes) == UNKNOWN.replace(old, new, 1)


def test_a_descriptor_that_moves_takes_along_what_is_its_own() -> None:
    """Layers can be moved, taken out and made anew; what Go does not know of each stays with it."""
    first, second, third = DESCRIPTOR | {"n": 1.0}, DESCRIPTOR | {"n": 2.0}, DESCRIPTOR | {"size": 3}
    whole = {"schemaVersion": 2, "config": DESCRIPTOR, "layers": [first, second]}
    changes = f"""local l = m.layers
        m.Layers = {{l[2], {{Digest = '{DIGEST}', size = 3, mediaType = 'x/y'}}, l[1]}}"""
    assert exported_manifest(go(whole), changes) == go(whole | {"layers": [second, third, first]})


def test_metatables_of_scripts_are_not_used() -> None:
    """A table is what it holds: none of its metamethods runs, whatever it claims to be."""
    changes = """
        local function loud() log('called') return {} end
        local meta = {__index = loud, __newindex = loud, __len = loud, __pairs = loud, __tostring = loud, __call = loud}
        c.foo = setmetatable({1}, meta) c.config = setmetatable({User = 'u'}, meta)
        c.Platform = setmetatable({OS = 'o'}, meta) c.variant = c.architecture"""
    expected = ZERO.replace('"os":""', '"os":"o"').replace("{}", '{"User":"u"}', 1)
    assert exported_config("{}", changes) == f'{{{expected},"foo":[1]}}'
