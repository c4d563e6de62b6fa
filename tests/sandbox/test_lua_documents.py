"""Manifests and configs: fields by Go's and JSON's names, read from bytes as they came."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.scripted import DIGEST, OCI, Refused, config, error_of, logs, manifest, reference, run

DOCKER: Final = "application/vnd.docker.distribution.manifest."

IMAGE: Final = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": OCI + "manifest.v1+json",
        "config": {"mediaType": OCI + "config.v1+json", "digest": DIGEST, "size": 12},
        "layers": [{"digest": "sha256:a", "size": 1}, {"digest": "sha256:b", "size": 2, "urls": ["https://x"]}],
        "annotations": {"a": "1", "delete": "no method"},
        "org.example": {"deep": [1, None, {"x": 1.5}]},
    }
)
INDEX: Final = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": OCI + "index.v1+json",
        "manifests": [
            {"digest": "sha256:a", "size": 1, "platform": {"os": "linux", "architecture": "amd64"}},
            {
                "digest": "sha256:b",
                "size": 2,
                "platform": {"os": "windows", "os.version": "10", "architecture": "arm64"},
            },
            {"digest": "sha256:c", "size": 3},
        ],
    }
)
CONFIG: Final = json.dumps(
    {
        "created": "2024-01-02T03:04:05Z",
        "author": "me",
        "architecture": "arm",
        "os": "linux",
        "variant": "v7",
        "config": {"User": "app", "Env": ["A=b"], "Labels": {"version": "1"}, "ExposedPorts": {"80/tcp": {}}},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:a"]},
        "history": [{"created": "2024-01-02T03:04:05.5+05:43", "created_by": "x"}, {"empty_layer": True}],
    }
)


def shown(expression: str, document: str = IMAGE, media_type: str = OCI + "manifest.v1+json") -> str:
    """Return what an expression with a manifest *m* gives, as text."""
    answers = {"manifest.getList": lambda _: manifest(document, media_type)}
    (text,) = logs(f"local m = manifest.getList('a/b') log(tostring({expression}))", answers)
    return text


def shown_of_config(expression: str, document: str = CONFIG) -> str:
    """Return what an expression with a config *c* gives, as text."""
    (text,) = logs(
        f"local c = image.config('a/b') log(tostring({expression}))", {"image.config": lambda _: config(document)}
    )
    return text


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("m.MediaType", OCI + "manifest.v1+json"),
        ("m.mediaType", OCI + "manifest.v1+json"),
        ("m.schemaVersion", "2"),
        ("m.Versioned.SchemaVersion", "2"),
        ("m.Versioned.schemaVersion", "2"),
        ("m.Config.Digest", DIGEST),
        ("m.config.digest", DIGEST),
        ("#m.Layers", "2"),
        ("m.layers[2].URLs[1]", "https://x"),
        ("#m.layers[1].urls", "0"),
        ("m.Layers[1].MediaType == ''", "true"),
        ("m.layers[1].platform", "nil"),
        ("m.Layers[1].annotations.x", "nil"),
        ("m.annotations.a .. m.Annotations['delete']", "1no method"),
        ("m.Subject", "nil"),
        ("m.ArtifactType == ''", "true"),
        ("m.Manifests", "nil"),
        ("m.nosuch", "nil"),
        ("m[1]", "nil"),
        ("m['org.example'].deep[3].x", "1.5"),
        ("m['org.example'].deep[2]", "false"),
        ("type(m) .. type(m.config) .. type(m.layers) .. type(m.delete)", "userdatatabletablefunction"),
        ("getmetatable(m)", "false"),
        ("getmetatable(m.config)", "false"),
    ],
)
def test_image_manifest(expression: str, value: str) -> None:
    """An image's manifest answers to Go's names, to JSON's, and for what its JSON lacks as Go does."""
    assert shown(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("#m.Manifests + #m.manifests", "6"),
        ("m.manifests[1].platform.os .. m.manifests[1].Platform.Architecture", "linuxamd64"),
        ("m.manifests[2].Platform.OSVersion .. m.manifests[2].platform['os.version']", "1010"),
        ("m.manifests[1].platform.variant == ''", "true"),
        ("m.manifests[3].Platform", "nil"),
        ("m.Layers", "nil"),
        ("type(m.config)", "function"),
    ],
)
def test_index(expression: str, value: str) -> None:
    """An index has its manifests with their platforms, and no field of an image."""
    assert shown(expression, INDEX, OCI + "index.v1+json") == value


@pytest.mark.parametrize(("kind", "field"), [("v2+json", "layers"), ("list.v2+json", "manifests")])
def test_docker(kind: str, field: str) -> None:
    """Docker's manifests have their media type one level down, as in Go, and beside."""
    document = json.dumps({"schemaVersion": 2, "mediaType": DOCKER + kind, field: [{"size": 1}]})
    expression = f"m.Versioned.MediaType .. m.Versioned.mediaType .. #m.{field} .. m.MediaType"
    assert shown(expression, document, DOCKER + kind) == f"{DOCKER}{kind}{DOCKER}{kind}1{DOCKER}{kind}"


def test_unknown_media_type() -> None:
    """Of a manifest of an unknown kind, every field answers to its JSON name."""
    assert shown("m.things[1].x .. m.mediaType", '{"mediaType": "y", "things": [{"x": 1}]}', "y") == "1y"


def test_lists_and_maps_are_plain_tables() -> None:
    """pairs, ipairs, #, next and the functions of `table` work on what is in a document."""
    source = """
        local m = manifest.get('a/b')
        for i, layer in ipairs(m.layers) do log(i .. layer.digest) end
        for name, value in pairs(m.annotations) do log(name .. value) end
        local c = image.config('a/b').config
        table.insert(c.Env, 'C=d') log(table.concat(c.Env, ' '))
        log(next(c.ExposedPorts)) log(tostring(next(c.Volumes)))"""
    answers = {"manifest.get": lambda _: manifest(IMAGE), "image.config": lambda _: config(CONFIG)}
    seen = logs(source, answers)
    assert seen[:2] == ["1sha256:a", "2sha256:b"]
    assert sorted(seen[2:4]) == ["a1", "deleteno method"]
    assert seen[4:] == ["A=b C=d", "80/tcp", "nil"]


def test_a_change_shows_under_both_names() -> None:
    """What a script puts into a document's tables is there by Go's name and by JSON's."""
    source = """
        local m = manifest.get('a/b')
        m.config.Digest = 'x' m.layers[1].size = 5 m.config.new = 1
        log(m.Config.digest .. m.config.Digest .. m.Layers[1].Size .. m.config.new)
        local c = image.config('a/b')
        c.config.Labels.added = 'y' c.Platform.OS = 'plan9' log(c.Config.Labels.added .. c.os .. c.Platform.os)"""
    answers = {"manifest.get": lambda _: manifest(IMAGE), "image.config": lambda _: config(CONFIG)}
    assert logs(source, answers) == ["xx51", "yplan9plan9"]


def test_fields_of_the_object_itself() -> None:
    """What is assigned to a manifest or a config is there by Go's name and by JSON's, and what is new by its own."""
    source = """
        local m, c = manifest.get('a/b'), image.config('a/b')
        m.annotations = {x = 'y'} m.SchemaVersion = 3 m.foo = 1 m.Layers = nil
        log(m.Annotations.x .. m.Versioned.schemaVersion .. m.foo .. tostring(m.layers))
        c.author = 'x' c.OS = 'plan9' c.Platform.Variant = 'v' c.config.User = 'u'
        log(c.Author .. c.Platform.os .. c.variant .. c.Config.User)"""
    answers = {"manifest.get": lambda _: manifest(IMAGE), "image.config": lambda _: config(CONFIG)}
    assert logs(source, answers) == ["y31nil", "xplan9vu"]


def test_an_embedded_struct_can_be_replaced() -> None:
    """A platform that a script made in place of a config's has its fields beside it, too, by either name."""
    source = """
        local c = image.config('a/b')
        c.Platform = {OS = 'plan9'} c.Variant = 'v' log(c.os .. c.OS .. c.Platform.variant .. tostring(c.architecture))
        c.os = 'linux' log(c.OS .. tostring(c.Platform.OS))
        c.Platform = nil c.OS = 'windows' log(c.Platform.os)"""
    assert logs(source, {"image.config": lambda _: config(CONFIG)}) == ["plan9plan9vnil", "linuxnil", "windows"]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("manifest.get('a')[{}] = 1", "a field of {} has a string as its name, not a table"),
        ("manifest.get('a').delete = 1", '"delete" is a method of {} and cannot be assigned'),
        ("manifest.head('a').export = 1", '"export" is a method of {} and cannot be assigned'),
        (
            "manifest.head('a').annotations = {}",
            'the field "annotations" of {} cannot be assigned: manifest.head gets no fields, get them by manifest.get',
        ),
        ("manifest.get('a').config[nil] = 1", "table index is nil"),
        ("manifest.get('a').config[0/0] = 1", "table index is NaN"),
    ],
)
def test_what_cannot_be_assigned(source: str, fault: str) -> None:
    """An assignment that means nothing says why."""
    answers = {"manifest.get": lambda _: manifest(IMAGE), "manifest.head": lambda _: manifest(None)}
    assert error_of(source, answers) == "main:1: " + fault.format("the manifest of registry.example/app:v1")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("c.Author .. c.author", "meme"),
        ("c.created", "2024-01-02 03:04:05 +0000 UTC"),
        ("c.History[1].Created", "2024-01-02 03:04:05.5 +0543 +0543"),
        ("c.history[2].created", "nil"),
        ("c.Platform.Architecture .. c.Platform.os .. c.architecture .. c.Variant", "armlinuxarmv7"),
        ("c.Platform['os.version'] .. #c.Platform.OSFeatures", "0"),
        ("c.Config.User .. c.config.WorkingDir", "app"),
        ("c.Config.Labels.version .. tostring(c.Config.Labels.nosuch)", "1nil"),
        ("#c.config.Cmd + #c.Config.OnBuild + #c.Config.Shell", "0"),
        ("c.Config.Healthcheck", "nil"),
        ("c.Config.StopTimeout", "nil"),
        ("c.Config.ArgsEscaped", "false"),
        ("c.RootFS.Type .. c.rootfs.diff_ids[1]", "layerssha256:a"),
        ("c.History[1].EmptyLayer", "false"),
        ("c.history[2].empty_layer", "true"),
        ("c.Config.ExposedPorts['80/tcp'] ~= nil", "true"),
        ("c.nosuch", "nil"),
        ("type(c) .. type(c.Config)", "userdatatable"),
    ],
)
def test_config(expression: str, value: str) -> None:
    """A config answers to Go's names, to JSON's, and for what its JSON lacks as Go does."""
    assert shown_of_config(expression) == value


def test_an_empty_config() -> None:
    """What is not in the JSON at all reads as Go's zero values, null as well."""
    expression = "type(c.Config.Labels) .. #c.Config.Env .. c.RootFS.Type .. #c.History .. tostring(c.Created) .. c.os"
    assert shown_of_config(expression, "{}") == "table00nil"
    assert (
        shown_of_config(expression, '{"config": null, "rootfs": {"diff_ids": null}, "created": null}') == "table00nil"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024-01-02T03:04:05Z", "2024-01-02 03:04:05 +0000 UTC"),
        ("2024-01-02T03:04:05.120Z", "2024-01-02 03:04:05.12 +0000 UTC"),
        ("2024-01-02T03:04:05.000Z", "2024-01-02 03:04:05 +0000 UTC"),
        ("2024-01-02T03:04:05.123456789-07:30", "2024-01-02 03:04:05.123456789 -0730 -0730"),
        ("0001-01-01T00:00:00Z", "0001-01-01 00:00:00 +0000 UTC"),
    ],
)
def test_created(text: str, shown: str) -> None:
    """A time reads as Go prints it."""
    assert shown_of_config("c.created", json.dumps({"created": text})) == shown


def test_created_in_the_local_zone() -> None:
    """Where the local zone has a time's offset, its name stands at the end, as in Go."""
    script = """from tests.sandbox.test_lua_documents import shown_of_config
print(shown_of_config("c.created", '{"created": "2024-01-02T03:04:05-05:00"}'))"""
    done = subprocess.run(
        [sys.executable, "-c", script], env={"TZ": "EST5"}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "2024-01-02 03:04:05 -0500 EST\n"


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ('{"layers": {}}', "layers should be an array, not an object"),
        ('{"layers": [{"size": 1}, {"size": "1"}]}', "layers.2.size should be a whole number, not a string"),
        ('{"layers": [7]}', "layers.1 should be an object, not a number"),
        ('{"config": {"size": 1.5}}', "config.size should be a whole number, not a number"),
        ('{"annotations": {"a": 1}}', "annotations.a should be a string, not a number"),
        ('{"annotations": []}', "annotations should be an object, not an array"),
        ("[]", "it should be an object, not an array"),
        ('{"layers": [}', "it is no JSON: neither a value nor the end at byte 13"),
        ("", "it is no JSON: neither a value nor the end at byte 1"),
        ('{"a": ' + 200 * "[", "it is no JSON: more than 128 levels at byte 134"),
    ],
)
def test_a_document_that_is_none(document: str, fault: str) -> None:
    """What cannot be read is an error at the first look, which names the place; the object itself is there."""
    source = "local m = manifest.get('a/b')\nlog(m:descriptor().digest)\nlocal x = m.layers"
    done = run(source, {"manifest.get": lambda _: manifest(document)})
    assert done.logs == [DIGEST]
    assert done.error == f"main:3: the manifest of registry.example/app:v1 cannot be read: {fault}"


def test_a_config_time_that_is_none() -> None:
    """A time that is not RFC 3339 is named."""
    answers = {"image.config": lambda _: config('{"created": "yesterday"}')}
    assert error_of("local x = image.config('a/b').os", answers).endswith(
        "created should be a time of RFC 3339, not a string"
    )


def test_a_key_that_is_only_gos_name() -> None:
    """A registry cannot show a script another digest by Go's name than by JSON's."""
    assert shown("m.config.Digest", '{"config": {"digest": "good", "Digest": "evil"}, "Config": 1}') == "good"


def test_a_field_cannot_hide_a_method() -> None:
    """Names that are no fields of a manifest do not hide its methods, whatever its JSON holds."""
    assert shown("type(m.delete) .. type(m.get)", '{"delete": 1, "get": {}}') == "functionfunction"


def test_numbers_beyond_a_double() -> None:
    """A number that no double holds reads as the nearest one."""
    assert shown("m.config.size", '{"config": {"size": 12345678901234567890}}') == "1.2345678901235e+19"


json_values = st.recursive(
    st.booleans()
    | st.integers(-(1 << 60), 1 << 60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, min_size=1, max_size=5),
    max_leaves=20,
)
WALK: Final = """
    local function walk(path, value)
      if type(value) ~= 'table' then
        return log(path .. '=' .. (type(value) == 'number' and string.format('%.17g', value) or tostring(value)))
      end
      for key, item in pairs(value) do walk(path .. '/' .. key, item) end
    end
    walk('', manifest.get('a/b').x)"""


def walked(path: str, value: object) -> list[str]:
    """Return what WALK logs of a value that Python read."""
    match value:
        case bool():
            return [f"{path}={str(value).lower()}"]
        case int() | float():
            return [f"{path}={float(value):.17g}"]
        case dict():
            return [line for key, item in value.items() for line in walked(f"{path}/{key}", item)]
        case list():
            return [line for i, item in enumerate(value) for line in walked(f"{path}/{i + 1}", item)]
    return [f"{path}={value}"]


@given(json_values, st.booleans(), st.sampled_from([None, 1]))
def test_json(value: object, ascii_only: bool, indent: int | None) -> None:  # noqa: FBT001 -- hypothesis hands it over
    """Whatever Python writes as JSON, Lua reads as the same."""
    text = json.dumps({"x": value}, ensure_ascii=ascii_only, indent=indent)
    seen = logs(WALK, {"manifest.get": lambda _: manifest(text, "other")})
    assert sorted(seen) == sorted(walked("", value))


@pytest.mark.parametrize(
    "text",
    ["01", "-", "1.", ".5", "1e", "+1", "1e+", "1.e5", "0x10", "NaN", "tru", '"\n"', '"\\x"', '"\\u12"', '"', "[1,]",
     "[1 2]", '{"a" 1}', '{"a":1,}', "{a:1}", "1 1", "\ufeff1", "'a'", "[1,,2]", "--1", "1-2", '"\\ud800'],
)  # fmt: skip
def test_json_is_strict(text: str) -> None:
    """What Python's reader refuses, ours does."""
    answers = {"manifest.get": lambda _: manifest(f'{{"x": {text}}}', "other")}
    assert "it is no JSON" in error_of("local x = manifest.get('a/b').x", answers)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"\\ud83d\\ude00\\u2603"', "😀☃"),
        ('"\\ud800x"', "\ufffdx"),
        ('"\\udc00"', "\ufffd"),
        ('{"y": 1, "y": 2}', None),
    ],
)
def test_json_oddities(text: str, value: str | None) -> None:
    """A pair of escapes is one character, half a pair U+FFFD as in Go; of a key given twice the last counts."""
    expression = "m.x" if value else "m.x.y"
    assert shown(expression, f'{{"x": {text}}}', "other") == (value or "2")


def test_config_of_a_manifest_is_a_field_and_a_method() -> None:
    """m.config has the descriptor's fields, and m:config() is image.config."""
    answers = {"manifest.get": lambda _: manifest(IMAGE), "image.config": lambda _: config(CONFIG)}
    done = run("local m = manifest.get('a/b') log(m.config.size) log(m:config().Config.Labels.version)", answers)
    assert done.logs == ["12", "1"]
    assert done.calls[-1] == ("image.config", [{"reference": b"registry.example/app:v1", "digest": DIGEST.encode()}])


def test_tostring() -> None:
    """A document's text is its bytes; what came without any says what it is."""
    answers = {
        "manifest.get": lambda _: manifest(IMAGE),
        "manifest.head": lambda _: manifest(None),
        "image.config": lambda _: config(CONFIG),
        "reference.new": reference,
    }
    seen = logs(
        "print(manifest.get('a')) print(manifest.head('a')) print(image.config('a')) print(reference.new('a'))", answers
    )
    assert seen == [IMAGE, f"{OCI}manifest.v1+json {DIGEST} of 7 bytes", CONFIG, "a:latest"]


def test_head_has_no_fields() -> None:
    """What came without a body has a descriptor, methods, and nothing else."""
    source = """
        local h = manifest.head('a')
        log(tostring(h.MediaType) .. tostring(h.Layers) .. type(h.config) .. h:descriptor().Size)"""
    assert logs(source, {"manifest.head": lambda _: manifest(None)}) == ["nilnilfunction7"]


def test_rate_limit() -> None:
    """ratelimit() is a plain table of its own each time, with Go's names."""
    source = """
        local m = manifest.head('a') local first = m:ratelimit() first.Remain, first.Policies[1] = 0, 'x'
        local r = m:ratelimit()
        log(tostring(r.Set) .. r.Remain .. r.Limit .. r.Reset .. #r.Policies .. r.Policies[1] .. tostring(r.remain))"""
    answers = {"manifest.head": lambda _: manifest(None, Set=True, Remain=5, Limit=10, Reset=3, Policies=["10;w=60"])}
    assert logs(source, answers) == ["true5103110;w=60nil"]


def test_descriptor_of_a_manifest_at_hand() -> None:
    """manifest.descriptor asks with a HEAD for what is only named, and for nothing where a manifest is given."""
    answers = {"manifest.head": lambda _: manifest(None)}
    done = run(
        "local h = manifest.head('a') log(manifest.descriptor(h).digest) log(manifest.descriptor('b').digest)", answers
    )
    assert (done.logs, [name for name, _ in done.calls]) == ([DIGEST, DIGEST], ["manifest.head", "manifest.head"])


def test_memory_of_objects_is_given_back() -> None:
    """A loop over many configs needs the memory of a few."""
    document = json.dumps({"config": {"Labels": {str(i): 50 * "x" for i in range(100)}}})
    source = """
        for _ = 1, 300 do local x = image.config('a').os end
        local before = collectgarbage('count')
        for _ = 1, 3000 do local x = image.config('a').os end
        log(tostring(collectgarbage('count') < 4 * before + 4096))"""
    assert logs(source, {"image.config": lambda _: config(document)}) == ["true"]


def test_methods_are_for_manifests() -> None:
    """A method called with a dot says to use a colon."""
    answers = {"manifest.get": lambda _: manifest(INDEX, OCI + "index.v1+json")}
    text = error_of("local m = manifest.get('a')\nm.ratelimit('a')", answers)
    assert text == "main:2: <manifest>:ratelimit: call it with a colon: m:ratelimit(…)"


def test_delete() -> None:
    """<manifest>:delete names the reference that it was got by, and the digest."""

    def refuse(_: object) -> None:
        raise Refused("no")

    answers = {"manifest.head": lambda _: manifest(None), "manifest.delete": refuse}
    done = run("manifest.head('a'):delete()", answers)
    assert done.error == "main:1: no"
    assert done.calls[-1] == ("manifest.delete", [{"reference": b"registry.example/app:v1", "digest": DIGEST.encode()}])
