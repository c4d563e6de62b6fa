from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText
from regbot.registry.reference import Reference, Repository, is_path, is_tag, parse_registry, parse_tag

DIGEST = "sha256:" + "ab" * 32

NAMES = {
    "busybox": "docker.io/library/busybox:latest",
    "user/repo:tag": "docker.io/user/repo:tag",
    "docker.io/busybox": "docker.io/library/busybox:latest",
    "index.docker.io/library/alpine": "docker.io/library/alpine:latest",
    "registry-1.docker.io/library/alpine:3": "docker.io/library/alpine:3",
    "registry-1.docker.io/alpine": "docker.io/library/alpine:latest",
    "example.com:5000/a/b/c:v1": "example.com:5000/a/b/c:v1",
    "localhost/repo": "localhost/repo:latest",
    "localhost:5000/repo:x": "localhost:5000/repo:x",
    "registry:5000/repo": "registry:5000/repo:latest",
    "Host/repo": "Host/repo:latest",
    "host./repo": "host./repo:latest",
    "127.0.0.1:5000/repo": "127.0.0.1:5000/repo:latest",
    "12345:5000/repo": "12345:5000/repo:latest",
    "1.2.3.4.example/repo": "1.2.3.4.example/repo:latest",
    "[::1]:5000/repo": "[::1]:5000/repo:latest",
    "[2001:db8::1]/repo:x": "[2001:db8::1]/repo:x",
    "[1:2:3:4:5:6:7:8]/repo": "[1:2:3:4:5:6:7:8]/repo:latest",
    "[fe80::]/repo": "[fe80::]/repo:latest",
    "a.b/e__f/g-h/i.j/r--e---p:T_ag.1-2": "a.b/e__f/g-h/i.j/r--e---p:T_ag.1-2",
    f"repo@{DIGEST}": f"docker.io/library/repo@{DIGEST}",
    f"example.com/repo:tag@{DIGEST}": f"example.com/repo:tag@{DIGEST}",
    "ocidir://path/to/dir": "ocidir://path/to/dir",
    "ocidir:///tmp/with space/~x+y:tag": "ocidir:///tmp/with space/~x+y:tag",
    f"ocidir://./x@{DIGEST}": f"ocidir://./x@{DIGEST}",
}

REFUSED = [
    "",
    " ",
    "UPPER",
    "Repo/Name",
    "A/repo/Name",
    "repo:",
    "repo:bad tag",
    "repo:-x",
    "repo:tag:tag",
    "repo:" + "a" * 129,
    "repo@",
    "repo@sha256:123",
    f"repo@{DIGEST}@{DIGEST}",
    "/repo",
    "repo/",
    "a//b",
    "http://example.com/repo",
    "unknown://x",
    "ocidir://",
    "ocidir://päth",
    "ocidir://a:b/c",
    "example.com/",
    "example.com/Repo",
    "example.com:port/repo",
    "example.com:65536/repo",
    "[::1/repo",
    "[g::1]/repo",
    "[1:2]/repo",
    "[1::2::3]/repo",
    "[1:2:3:4:5:6:7:8:9]/repo",
    "999.999.999.999/repo",
    "1.2.3/repo",
    "1.2.3.4.5:5000/repo",
    "127.0.0.256:5000/repo",
    "-repo",
    "repo_",
    "re___po",
    "../etc/passwd",
    "localhost",
    "localhost/",
    "localhost:5000",
    "repo\n",
    "repo\0",
    "example.com/" + "a" * 256,
    ("a" * 300) + ".example/repo",
]


@pytest.mark.parametrize(("text", "name"), NAMES.items())
def test_common_name(text: str, name: str) -> None:
    """Every accepted form has its common name, and that is the same reference again."""
    reference = Reference.parse(text)
    assert str(reference) == name
    assert Reference.parse(name) == reference


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    """What is no reference is refused as an invalid text."""
    with pytest.raises(InvalidText):
        Reference.parse(text)


def test_upper_case_hint() -> None:
    """A repository in upper case is told how it is spelled."""
    with pytest.raises(InvalidText, match='lower case: "team/app"'):
        Reference.parse("example.com/Team/App:v1")


@given(st.text() | st.from_regex(r"[A-Za-z0-9_.:/@\[\]-]{1,60}", fullmatch=True))
def test_parse_any_text(text: str) -> None:
    """Any text is a reference or an InvalidText, and a reference survives its own name."""
    try:
        reference = Reference.parse(text)
    except InvalidText:
        return
    assert Reference.parse(str(reference)) == reference


@given(
    st.from_regex(
        r"[a-z0-9]{1,9}(\.[a-z]{1,5})?(:[0-9]{1,5})?/[a-z0-9]{1,9}([._-][a-z0-9]{1,9})?(:\w{1,9})?", fullmatch=True
    )
)
def test_round_trip(text: str) -> None:
    """Texts of the usual shape, most of which are references, survive their own name as well."""
    test_parse_any_text.hypothesis.inner_test(text)  # type: ignore[attr-defined]


def test_at_and_tagged() -> None:
    """Choosing a digest drops the tag, and choosing a tag the digest."""
    reference = Reference.parse(f"example.com/repo:v1@{DIGEST}")
    assert str(reference.at(Digest.parse(DIGEST))) == f"example.com/repo@{DIGEST}"
    assert str(reference.tagged("v2")) == "example.com/repo:v2"


def test_tagged_checks() -> None:
    """A tag that is none cannot get into a reference."""
    with pytest.raises(InvalidText):
        Reference.parse("example.com/repo").tagged("../../etc")


def test_version() -> None:
    """What stands in a URL is the digest, where there is none the tag."""
    assert Reference.parse(f"example.com/repo:v1@{DIGEST}").version == DIGEST
    assert Reference.parse("example.com/repo:v1").version == "v1"


@pytest.mark.parametrize(
    ("registry", "path"), [("example.com", "Up"), ("example.com", "../x"), ("exa mple", "x"), ("", "a:b"), ("", "")]
)
def test_repository_is_checked(registry: str, path: str) -> None:
    """No Repository exists that could not be written."""
    with pytest.raises(InvalidText):
        Repository(registry, path)


def test_only_layouts_go_without_version() -> None:
    """A registry's reference has a tag or a digest; a layout's may have neither."""
    assert str(Reference(Repository("", "path"))) == "ocidir://path"
    with pytest.raises(InvalidText, match="tag or a digest"):
        Reference(Repository("example.com", "repo"))


def test_repository_parse() -> None:
    """A repository may be given with a tag, which says nothing about it."""
    assert str(Repository.parse("example.com/repo:v1")) == "example.com/repo"
    assert Repository.parse("ocidir://x:y").is_layout


@pytest.mark.parametrize(
    ("text", "name"), [("index.docker.io", "docker.io"), ("a.b:5000", "a.b:5000"), ("[::1]", "[::1]")]
)
def test_registry(text: str, name: str) -> None:
    """A registry has the name that references have for it."""
    assert parse_registry(text) == name


@pytest.mark.parametrize("text", ["", "host", "a.b/c", "http://a.b", "a.b:99999", "user@a.b", "a.b\n"])
def test_no_registry(text: str) -> None:
    """What is no host is no registry."""
    with pytest.raises(InvalidText):
        parse_registry(text)


@pytest.mark.parametrize("tag", ["v1", "_", "1.2-3_x", "a" * 128])
def test_tag(tag: str) -> None:
    """A tag is what the specification says."""
    assert parse_tag(tag) == tag


@pytest.mark.parametrize("tag", ["", ".x", "-x", "a/b", "a?b", "a\n", "ä", "a" * 129])
def test_no_tag(tag: str) -> None:
    """Nothing else is, wherever it came from."""
    assert not is_tag(tag)


def test_is_path() -> None:
    """A repository's path has the specification's form and at most 255 characters."""
    assert is_path("a" * 255)
    assert not is_path("a" * 256)
    assert not is_path("a/../b")
