"""References against a grammar of our own reading, and digests and platforms beside them."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

import httpx

from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText
from regbot.registry.platform import Platform
from regbot.registry.reference import Reference
from tests.fuzz.subject import Subject, pieces, text_of

_HEX: Final = b"0123456789abcdef" * 4
_CORPUS: Final = [
    b"alpine", b"alpine:3.20", b"library/alpine", b"docker.io/library/alpine:edge",
    b"registry.example.org/team/app:v1", b"localhost:5000/app", b"localhost/app:x", b"127.0.0.1:8080/a/b/c:t",
    b"[::1]:5000/a/b:c", b"Registry/a/b", b"a.b./c", b"index.docker.io/x", b"app@sha256:" + _HEX,
    b"r.io/app:v1@sha256:" + _HEX, b"ocidir://images/app:v1", b"ocidir:///srv/a b/c@sha256:" + _HEX,
    b"a__b/c.d-e---f:T_1.x-y", b"x@sha512:" + _HEX * 2, b"xn--bcher-kva.ch/a",
]  # fmt: skip
_TOKENS: Final = [
    b"@", b":", b"/", b"//", b"://", b"\\@", b"\\", b"?", b"#", b"%2f", b"%40", b"..", b"/../", b".", b"-", b"_",
    b"__", b"___", b"[::]", b"[::ffff:1.2.3.4]", b"[fe80::1%25eth0]", b"localhost", b"docker.io", b"evil.com",
    b"user:pw@", b":5000", b":65536", b":0", b":000080", b"\0", b"\n", b"\r\n", b"\t", b" ", "\uff10".encode(),
    "\u0663".encode(), "\u3002".encode(), "\uff0e".encode(), "\uff45".encode(), "\u200b".encode(), "\u202e".encode(),
    "ß".encode(), "\u0130".encode(), b"\xff", b"A", b"latest", b"a" * 130, b"a/" * 120, b"sha256:" + _HEX,
    b"@sha256:" + _HEX[:32], b"ocidir://", b"http://", b"1.2.3.4", b"1.2.3", b"0x7f.1", b"2130706433", b"1.2.3.4.5",
    b"+", b"~", b"*", b"$", b"{", b"\x1b[31m",
]  # fmt: skip

_WORDS: Final = "[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*"
_HOST: Final = re.compile(
    rf"""(?P<literal>\[[0-9a-fA-F:]+\]) | localhost | (?P<dotted>{_WORDS}(?:\.{_WORDS})+\.?) | {_WORDS}\.
    | (?=[^A-Z]*[A-Z])(?=.{{2}}){_WORDS}""",
    re.VERBOSE,
)
_PORT: Final = re.compile("[0-9]{1,5}")
_DIGEST: Final = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,256}"
_WHOLE: Final = re.compile(
    rf"""(?:(?P<layout>ocidir://)(?P<folder>[A-Za-z0-9/_.\ ~+-]+) | (?P<name>[^@]*?))
    (?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?(?:@(?P<digest>{_DIGEST}))?""",
    re.VERBOSE | re.DOTALL,
)
_PART: Final = re.compile("[a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*")


def expected(text: str) -> tuple[str, str, str, str] | None:
    """Return registry ("" for a layout), path, tag and digest by the grammar, None if the text is no reference."""
    match = _WHOLE.fullmatch(text)
    if match is None or (re.match("[a-z]+://", text) and not match["layout"]):
        return None
    tag, digest = match["tag"] or "", match["digest"] or ""
    if match["layout"]:
        return "", match["folder"], tag, digest
    first, slash, rest = match["name"].partition("/")
    if not (slash and _may_be_host(first)):
        first, rest = "docker.io", match["name"]
        if match["name"] == "localhost":
            return None
    elif not _is_host(first):
        return None
    registry = {"index.docker.io": "docker.io", "registry-1.docker.io": "docker.io"}.get(first, first)
    path = f"library/{rest}" if registry == "docker.io" and "/" not in rest else rest
    if len(path) > 255 or not all(map(_PART.fullmatch, path.split("/"))):
        return None
    return registry, path, tag or ("" if digest else "latest"), digest


def _may_be_host(text: str) -> bool:
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        return len(text) <= 255 and _HOST.fullmatch(text) is not None
    named = _HOST.fullmatch(host) or re.fullmatch(_WORDS, host)
    return len(text) <= 255 and named is not None and _PORT.fullmatch(port) is not None


def _is_host(text: str) -> bool:
    bare, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    bare = bare if colon else text
    if colon and int(port) > 65535:
        return False
    if not bare.startswith("[") and not re.fullmatch(r"[0-9]+\.[0-9.]*", bare):
        return True
    try:
        ipaddress.ip_address(bare.strip("[]"))
    except ValueError:
        return False
    return True


def check(data: bytes) -> str:
    """Hold that a reference is what the grammar says, reads back as itself, and leads to the host that it shows."""
    text = text_of(data)
    try:
        found = Reference.parse(text)
    except InvalidText as exc:
        why = str(exc)
    else:
        return _accepted(text, found)
    assert expected(text) is None, "refused, and the grammar has it"
    assert len(why) < 1000
    return "refused"


def _accepted(text: str, found: Reference) -> str:
    named = (found.repository.registry, found.repository.path, found.tag, str(found.digest or ""))
    assert named == expected(text)
    assert Reference.parse(str(found)) == found
    assert str(found).isascii()
    assert str(found).isprintable()
    if found.repository.is_layout:
        return "accepted: a layout"
    _leads_home(found)
    return "accepted: an image" + (" with a digest" if found.digest else "")


def _leads_home(found: Reference) -> None:
    """Hold that no part of a reference is taken for another part of a URL."""
    registry, path = found.repository.registry, found.repository.path
    url = httpx.URL(f"https://{registry}/v2/{path}/manifests/{found.version}")
    host, colon, port = registry.rpartition(":") if not registry.endswith("]") else (registry, "", "")
    host = host if colon else registry
    assert url.raw_host.decode().lower() == host.strip("[]").lower()
    assert url.port == (int(port) if colon and int(port) != 443 else None)
    assert (url.userinfo, url.query, url.fragment) == (b"", b"", "")
    assert url.raw_path.decode() == f"/v2/{path}/manifests/{found.version}"


def check_names(data: bytes) -> str:
    """Hold that a digest and a platform are parsed or refused, and read back as themselves."""
    text, said = text_of(data), []
    try:
        digest = Digest.parse(text)
    except InvalidText:
        assert re.fullmatch(_DIGEST, text) is None
    else:
        assert re.fullmatch(_DIGEST, text)
        assert str(digest) == text
        said.append("a digest")
    try:
        platform = Platform.parse(text)
    except InvalidText:
        pass
    else:
        assert Platform.parse(str(platform)) == platform
        said.append("a platform")
    return "accepted: " + " and ".join(said) if said else "refused"


_NAMES: Final = [
    b"sha256:" + _HEX, b"sha512:" + _HEX * 2, b"a+b.c_d-e:" + _HEX, b"linux/amd64", b"linux/arm/v7", b"arm64",
    b"local", b"windows/amd64,osver=10.0.17763.1", b"linux/x86_64", b"macos/aarch64", b"Linux/ARM/7", b"linux/386",
    b"armhf",
]  # fmt: skip
_NAME_TOKENS: Final = [
    b":", b"/", b",", b"=", b"sha256", b"osver=", b"osversion=", b",osver=1,osver=2", b"v8", b"8", b"arm", b"linux",
    "\u00b2".encode(), "\u0663".encode(), "\u212a".encode(), "\u017f".encode(), "\u0130".encode(), b"\n", b" ", b"\0",
    b"\xff", b"0" * 300, b"F",
]  # fmt: skip

REFERENCES: Final = Subject("references", pieces(_CORPUS, _TOKENS), check)
NAMES: Final = Subject("names", pieces(_NAMES, _NAME_TOKENS), check_names)
