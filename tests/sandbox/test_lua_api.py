"""References and operations: argument forms, options, and the errors for whatever is neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.sandbox.scripted import DIGEST, OCI, Refused, blob, config, error_of, logs, manifest, reference, run

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from tests.sandbox.scripted import Answers

COPY_OPTIONS: Final = "digestTags, fastCheck, forceRecursive, ifExists, includeExternal, platforms, referrers"
MANIFEST: Final = OCI + "manifest.v1+json"
ANY_IMAGE: Final = "a string, a reference, a manifest or a config"

REFERRERS: Final = 'should be true, false or a table like {artifactType = "application/spdx+json"}'

REFERRER: Final[Value] = {
    "mediaType": OCI + "manifest.v1+json",
    "digest": DIGEST,
    "size": 7,
    "annotations": {"org.example.key": "value"},
    "artifactType": "application/spdx+json",
}
"""What refers to an image, as the supervisor describes it."""

ANSWERS: Final[Answers] = {
    "reference.new": reference,
    "repo.ls": lambda _: ["alpha", "beta"],
    "tag.ls": lambda _: ["v1", "v2"],
    "tag.delete": lambda _: None,
    "referrer.ls": lambda _: [REFERRER],
    "image.created": lambda _: 1704164645.5,
    "manifest.get": lambda _: manifest("{}"),
    "manifest.getList": lambda _: manifest("{}"),
    "manifest.head": lambda _: manifest(None),
    "manifest.delete": lambda _: None,
    "manifest.put": lambda _: None,
    "blob.head": lambda _: blob(),
    "image.config": lambda _: config("{}"),
    "image.copy": lambda _: None,
    "image.exportTar": lambda _: None,
    "image.importTar": lambda _: None,
    "image.ratelimitWait": lambda _: True,
}
OBJECT: Final[Value] = {"reference": b"registry.example/app:v1", "digest": DIGEST.encode()}
"""A manifest or a config on the wire."""
WHOLE: Final[Value] = {"reference": b"registry.example/app:v1", "mediaType": MANIFEST.encode(), "body": b"{}"}
"""A manifest that is to be stored, on the wire."""


def last_call(source: str) -> tuple[str, Value]:
    """Run a script that succeeds, return its last call."""
    done = run(source, ANSWERS)
    assert done.calls, done.messages
    return done.calls[-1]


@pytest.mark.parametrize(
    ("source", "operation", "arguments"),
    [
        ("repo.ls('localhost:5000')", "repo.ls", [b"localhost:5000"]),
        ("repo.ls('h', {limit = 2, last = 'x'})", "repo.ls", [b"h", {"limit": 2, "last": b"x"}]),
        ("tag.ls('a/b', {})", "tag.ls", [b"a/b"]),
        ("tag.ls('a/b', {limit = 0})", "tag.ls", [b"a/b", {"limit": 0}]),
        ("tag.ls(reference.new('a/b:x'))", "tag.ls", [b"a/b:x"]),
        ("tag.ls(manifest.head('a'))", "tag.ls", [OBJECT]),
        ("tag.delete('a/b:x')", "tag.delete", [b"a/b:x"]),
        ("tag.delete('a/b:x', {missingOk = true})", "tag.delete", [b"a/b:x", {"missingOk": True}]),
        ("referrer.ls('a')", "referrer.ls", [b"a"]),
        ("referrer.ls(manifest.head('a'), {})", "referrer.ls", [OBJECT]),
        ("referrer.ls('a', {artifactType = 'x'})", "referrer.ls", [b"a", {"artifactType": b"x"}]),
        ("image.created('a')", "image.created", [b"a"]),
        ("image.created(image.config('a'), 'linux/arm')", "image.created", [OBJECT, b"linux/arm"]),
        ("manifest.get('a')", "manifest.get", [b"a"]),
        ("manifest.get('a', 'linux/arm64', 1)", "manifest.get", [b"a", b"linux/arm64"]),
        ("manifest.get(image.config('a'))", "manifest.get", [OBJECT]),
        ("manifest.head('a'):get('linux/arm')", "manifest.get", [OBJECT, b"linux/arm"]),
        ("manifest.getList('a', 'ignored')", "manifest.getList", [b"a"]),
        ("manifest.get('a'):head()", "manifest.head", [OBJECT]),
        ("image.manifest('a')", "manifest.get", [b"a"]),
        ("image.manifestList('a')", "manifest.getList", [b"a"]),
        ("image.manifestHead('a')", "manifest.head", [b"a"]),
        ("image.config('a', 'linux/arm')", "image.config", [b"a", b"linux/arm"]),
        ("manifest.head('a'):config()", "image.config", [OBJECT]),
        ("image.copy('a', reference.new('b:x'))", "image.copy", [b"a", b"b:x"]),
        (
            "image.copy('a', 'b', {digestTags = true, forceRecursive = false, platforms = {'linux/amd64'}})",
            "image.copy",
            [b"a", b"b", {"digestTags": True, "forceRecursive": False, "platforms": [b"linux/amd64"]}],
        ),
        (
            "image.copy('a', 'b', {fastCheck = true, ifExists = 'same', referrers = {artifactType = 'x'}})",
            "image.copy",
            [b"a", b"b", {"fastCheck": True, "ifExists": b"same", "referrers": {"artifactType": b"x"}}],
        ),
        ("image.copy('a', 'b', {referrers = true})", "image.copy", [b"a", b"b", {"referrers": True}]),
        ("image.copy('a', 'b', {referrers = {}})", "image.copy", [b"a", b"b", {"referrers": []}]),
        ("manifest.put('a', 'b')", "manifest.put", [b"a", b"b"]),
        ("manifest.put(reference.new('a:x'), reference.new('b:y'))", "manifest.put", [b"a:x", b"b:y"]),
        ("manifest.put(manifest.get('a'), 'b')", "manifest.put", [WHOLE, b"b"]),
        ("manifest.put(manifest.head('a'), 'b')", "manifest.put", [OBJECT, b"b"]),
        ("manifest.put(image.config('a'), 'b')", "manifest.put", [OBJECT, b"b"]),
        ("local m = manifest.getList('a') m:put(m)", "manifest.put", [WHOLE, OBJECT]),
        ("manifest.head('a'):put(image.config('a'))", "manifest.put", [OBJECT, OBJECT]),
        ("image.exportTar('a', 'x.tar')", "image.exportTar", [b"a", b"x.tar"]),
        ("image.importTar(manifest.head('a'), 'x.tar')", "image.importTar", [OBJECT, b"x.tar"]),
        ("image.ratelimitWait('a', 5)", "image.ratelimitWait", [b"a", 5]),
        ("image.ratelimitWait('a', 190 / 3)", "image.ratelimitWait", [b"a", 63]),
        ("image.ratelimitWait('a', -1)", "image.ratelimitWait", [b"a", -1]),
        ("image.ratelimitWait('a', 5, nil, '1h')", "image.ratelimitWait", [b"a", 5, None, b"1h"]),
        ("manifest.head('a'):ratelimitWait(5, '1m')", "image.ratelimitWait", [OBJECT, 5, b"1m"]),
    ],
)
def test_on_the_wire(source: str, operation: str, arguments: Value) -> None:
    """Each form of a call sends this operation with these arguments."""
    assert last_call(source) == (operation, arguments)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("table.concat(repo.ls('h'), ',')", "alpha,beta"),
        ("table.concat(tag.ls('a'), ',')", "v1,v2"),
        ("select('#', tag.delete('a'))", "0"),
        ("select('#', image.copy('a', 'b'))", "0"),
        ("image.created('a')", "1704164645.5"),
        ("#referrer.ls('a')", "1"),
        ("referrer.ls('a')[1].digest", DIGEST),
        ("referrer.ls('a')[1].Size", "7"),
        ("referrer.ls('a')[1].ArtifactType", "application/spdx+json"),
        ("referrer.ls('a')[1].annotations['org.example.key']", "value"),
        ("#referrer.ls('a')[1].URLs .. tostring(referrer.ls('a')[1].Platform)", "0nil"),
        ("select('#', manifest.put('a', 'b'))", "0"),
        ("select('#', manifest.get('a'):put('b'))", "0"),
        ("select('#', image.exportTar('a', 'x'))", "0"),
        ("select('#', image.importTar('a', 'x'))", "0"),
        ("tostring(image.ratelimitWait('a', 1))", "true"),
        ("type(manifest.get('a'))", "userdata"),
        ("type(image.config('a'))", "userdata"),
        ("manifest.descriptor('a').Digest", DIGEST),
        ("manifest.get('a'):descriptor().size", "7"),
    ],
)
def test_results(expression: str, result: str) -> None:
    """Each operation answers with this."""
    assert logs(f"log({expression})", ANSWERS) == [result]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("tag.ls()", f"tag.ls: the repository should be {ANY_IMAGE}, not nil"),
        ("tag.ls({})", f"tag.ls: the repository should be {ANY_IMAGE}, not a table"),
        ("tag.ls(5)", f"tag.ls: the repository should be {ANY_IMAGE}, not 5"),
        ("tag.ls(1LL)", f"tag.ls: the repository should be {ANY_IMAGE}, not a cdata"),
        ("tag.ls(('x'):rep(2^17))", f"tag.ls: the repository should be {ANY_IMAGE}, not a string of 131072 bytes"),
        ("reference.new(nil)", f"reference.new: the image should be {ANY_IMAGE}, not nil"),
        ("image.copy('a')", f"image.copy: the target should be {ANY_IMAGE}, not nil"),
        ("image.copy(true, 'b')", f"image.copy: the source should be {ANY_IMAGE}, not a boolean"),
        ("manifest.get(blob.head('a'))", f"manifest.get: the image should be {ANY_IMAGE}, not a blob"),
        ("manifest.put({}, 'a')", f"manifest.put: the manifest should be {ANY_IMAGE}, not a table"),
        ("manifest.put('a')", f"manifest.put: the target should be {ANY_IMAGE}, not nil"),
        ("manifest.head('a'):put()", f"<manifest>:put: the target should be {ANY_IMAGE}, not nil"),
        ("manifest.head('a').put('b')", "<manifest>:put: call it with a colon: m:put(…)"),
        ("image.exportTar('a')", "image.exportTar: the file should be a string, not nil"),
        ("image.exportTar(nil, 'x')", f"image.exportTar: the image should be {ANY_IMAGE}, not nil"),
        ("image.importTar('a', 5)", "image.importTar: the file should be a string, not 5"),
        ("repo.ls(reference.new('a'))", "repo.ls: the registry should be a string, not a reference"),
        ("manifest.get('a', {})", "manifest.get: the platform should be a string, not a table"),
        ("manifest.head('a'):get(1)", "<manifest>:get: the platform should be a string, not 1"),
        ("image.ratelimitWait('a')", "image.ratelimitWait: the limit should be a finite number, not nil"),
        ("image.ratelimitWait('a', '5')", "image.ratelimitWait: the limit should be a finite number, not a string"),
        ("image.ratelimitWait('a', 0/0)", "image.ratelimitWait: the limit should be a finite number, not nan"),
        ("image.ratelimitWait('a', -1/0)", "image.ratelimitWait: the limit should be a finite number, not -inf"),
        ("image.ratelimitWait('a', 5, 30)", 'image.ratelimitWait: the poll should be a string like "5m", not 30'),
        ("referrer.ls()", f"referrer.ls: the image should be {ANY_IMAGE}, not nil"),
        ("referrer.ls('a', 'x')", "referrer.ls: the options should be a table with artifactType, not a string"),
        ("referrer.ls('a', {type = 'x'})", 'referrer.ls: there is no option "type"; there are artifactType'),
        (
            "referrer.ls('a', {artifactType = {}})",
            'referrer.ls: the option "artifactType" should be a string, not a table',
        ),
        ("image.created()", f"image.created: the image should be {ANY_IMAGE}, not nil"),
        ("image.created('a', 5)", "image.created: the platform should be a string, not 5"),
        ("tag.delete('a', true)", "tag.delete: the options should be a table with missingOk, not a boolean"),
        ("tag.delete('a', {missingOK = true})", 'tag.delete: there is no option "missingOK"; there are missingOk'),
        ("tag.delete('a', {missingOk = 1})", 'tag.delete: the option "missingOk" should be true or false, not 1'),
        ("tag.ls('a', 'x')", "tag.ls: the options should be a table with last, limit, not a string"),
        ("tag.ls('a', {limt = 1})", 'tag.ls: there is no option "limt"; there are last, limit'),
        ("tag.ls('a', {5})", "tag.ls: there is no option whose name is a number; there are last, limit"),
        ("tag.ls('a', {limit = '5'})", 'tag.ls: the option "limit" should be a whole number, 0 or more, not a string'),
        ("tag.ls('a', {limit = 1.5})", 'tag.ls: the option "limit" should be a whole number, 0 or more, not 1.5'),
        (
            "image.copy('a', 'b', {platforms = 'x'})",
            'image.copy: the option "platforms" should be a list of strings, not a string',
        ),
        (
            "image.copy('a', 'b', {platforms = {1}})",
            'image.copy: the option "platforms" should be a list of strings, not a table',
        ),
        (
            "image.copy('a', 'b', {digestTags = 1})",
            'image.copy: the option "digestTags" should be true or false, not 1',
        ),
        (
            "image.copy('a', 'b', {ifExists = 'skipp'})",
            'image.copy: the option "ifExists" should be "replace", "skip", "same" or "fail", not "skipp"',
        ),
        (
            "image.copy('a', 'b', {ifExists = true})",
            'image.copy: the option "ifExists" should be "replace", "skip", "same" or "fail", not a boolean',
        ),
        *(
            (
                f"image.copy('a', 'b', {{referrers = {value}}})",
                f'image.copy: the option "referrers" {REFERRERS}, not {said}',
            )
            for value, said in (
                ("5", "5"),
                ("{artifactTypes = 'x'}", "a table"),
                ("{artifactType = 5}", "a table"),
                ("{artifactType = 'x', limit = 5}", "a table"),
            )
        ),
        (
            "image.copy('a', 'b', {includeExternals = true})",
            f'image.copy: there is no option "includeExternals"; there are {COPY_OPTIONS}',
        ),
    ],
)
def test_misuse(source: str, text: str) -> None:
    """A wrong argument is an error that says which, what it should be and what came; nothing is sent."""
    done = run(f"\n{source}", ANSWERS)
    assert done.error == f"main:2: {text}"
    assert {name for name, _ in done.calls} <= {"reference.new", "manifest.head", "blob.head"}


def test_options_are_what_the_table_holds() -> None:
    """An option cannot come from a metatable."""
    assert last_call("tag.ls('a', setmetatable({}, {__index = function() return 5 end}))") == ("tag.ls", [b"a"])


def test_a_tag_and_a_digest_replace_each_other() -> None:
    """Each setter clears what the other set, returns nothing, and takes numbers; an empty text clears only."""
    source = """
        local r = reference.new('example.com/repo:v1')
        log(r:tag() .. '[' .. r:digest() .. ']')
        r:digest('sha256:00') print(r)
        r:tag(7) print(r)
        r:tag('') print(r)
        log(select('#', r:tag('x')) + select('#', r:digest('garbage'))) print(r)"""
    assert logs(source, ANSWERS) == [
        "v1[]",
        "example.com/repo@sha256:00",
        "example.com/repo:7",
        "example.com/repo",
        "0",
        "example.com/repo@garbage",
    ]


def test_both_at_once() -> None:
    """A reference may have a tag and a digest, as it came."""
    assert logs("print(reference.new('a/b:v1@sha256:00'))", ANSWERS) == ["a/b:v1@sha256:00"]


def test_copies_and_aliases() -> None:
    """reference.new of a reference is an independent copy and asks nobody; an assignment is the same reference."""
    source = """
        local a = reference.new('r:a') local b, c = a, reference.new(a)
        b:tag('b') c:tag('c') print(a, b, c, a == b, a == c)"""
    done = run(source, ANSWERS)
    assert (done.logs, len(done.calls)) == (["r:b\tr:b\tr:c\ttrue\tfalse"], 1)


def test_a_reference_of_an_object() -> None:
    """reference.new of a manifest or a config is the reference that it was got by."""
    assert last_call("reference.new(image.config('a'))") == ("reference.new", [b"registry.example/app:v1"])


def test_a_method_on_a_text() -> None:
    """A string in place of the reference is taken for one where it can be meant for one."""
    assert logs("local r = reference.new('a:x') log(r.tag('b:y')) log(r.tag('b/c'))", ANSWERS) == ["y", "latest"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("r:tag(nil)", "<reference>:tag: the tag should be a string, not nil"),
        ("r:digest({})", "<reference>:digest: the digest should be a string, not a table"),
        ("r.tag()", "<reference>:tag: call it with a colon: r:tag(…)"),
        ("r.tag('b')", "<reference>:tag: call it with a colon: r:tag(…)"),
        ("r.digest(nil, 'x')", "<reference>:digest: call it with a colon: r:digest(…)"),
        ("r.tag({})", f"<reference>:tag: the image should be {ANY_IMAGE}, not a table"),
        (
            "r.foo = 1",
            "the fields of a reference cannot be assigned; set its tag with :tag(x), its digest with :digest(x)",
        ),
        ("local x = 'x' .. r", "attempt to concatenate local 'r' (a userdata value)"),
        ("local x = #r", "attempt to get length of local 'r' (a userdata value)"),
        ("setmetatable(r, {})", "bad argument #1 to 'setmetatable' (table expected, got userdata)"),
    ],
)
def test_misuse_of_references(source: str, text: str) -> None:
    """A reference is no string and no table, and says so."""
    assert error_of(f"local r = reference.new('a')\n{source}", ANSWERS) == f"main:2: {text}"


def test_a_reference_tells_nothing_of_itself() -> None:
    """Unknown fields are nil, the metatable is sealed, and close does nothing."""
    source = """
        local r = reference.new('a')
        print(r.nosuch, r.state, r.class, getmetatable(r), r:close(), type(r), r.tag == r.tag)"""
    assert logs(source, ANSWERS) == ["nil\tnil\tnil\tfalse\tnil\tuserdata\ttrue"]


def test_a_reference_that_is_none() -> None:
    """What the supervisor refuses is an error at the script's line."""

    def refuse(_: object) -> None:
        raise Refused('"UPPER" is no repository')

    assert error_of("\nreference.new('UPPER')", {"reference.new": refuse}) == 'main:2: "UPPER" is no repository'


def test_an_error_under_pcall_has_the_line_of_pcall() -> None:
    """pcall(tag.ls, x) fails at its own line, also when the supervisor refuses."""

    def refuse(_: object) -> None:
        raise Refused("no such repository")

    assert logs("\nlog(select(2, pcall(tag.ls, 'a')))", {"tag.ls": refuse}) == ["main:2: no such repository"]
