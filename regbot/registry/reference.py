"""References: what users call images and repositories.

    [registry/]repository[:tag][@digest]
    ocidir://path[:tag][@digest]

The grammar is that of distribution's reference package as regclient widened it: a first part with a dot, a port, an
upper-case letter or brackets, or "localhost", is a registry; without one it is docker.io, and a repository of one part
there belongs to "library".  A registry's reference without tag and digest means the tag "latest".
"""

from __future__ import annotations

import functools
import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self

from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText

DOCKER_HUB: Final = "docker.io"
LAYOUT: Final = "ocidir://"
DEFAULT_TAG: Final = "latest"
"""What a reference without tag and digest means."""
MAX_NAME: Final = 255
"""Characters of a registry, and of a repository's path."""
MAX_PORT: Final = 65535

_HUB_NAMES: Final = {"index.docker.io": DOCKER_HUB, "registry-1.docker.io": DOCKER_HUB}
_PART: Final = "[a-z0-9]+(?:(?:[.]|__?|-+)[a-z0-9]+)*"
_PATH: Final = re.compile(f"{_PART}(?:/{_PART})*")
_LABEL: Final = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_GROUPS: Final = "(?:[0-9a-fA-F]{1,4}:){0,7}[0-9a-fA-F]{1,4}"
_IPV6: Final = rf"\[(?:{_GROUPS}|::{_GROUPS}|{_GROUPS}::(?:{_GROUPS})?|::)\]"
_DOTTED: Final = rf"{_LABEL}(?:(?:\.{_LABEL})+\.?|\.)"
_UPPER: Final = f"(?=[a-z0-9-]*[A-Z])(?=..){_LABEL}"
_NAMED: Final = f"(?:{_DOTTED}|{_UPPER}|{_IPV6}|localhost)"
_REGISTRY: Final = re.compile(f"(?P<host>{_NAMED})(?::(?P<named>[0-9]{{1,5}}))?|{_LABEL}:(?P<short>[0-9]{{1,5}})")
_ADDRESS: Final = re.compile(r"\[(.*)\]|([0-9]+\.[0-9.]*)")
_REGISTRY_RULE: Final = "it should be a host like registry.example.org or registry:5000"
_FOLDER: Final = re.compile(r"[/a-zA-Z0-9_. ~+-]+")
_TAG: Final = re.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_SCHEME: Final = re.compile("([a-z]+)://(.*)", re.DOTALL)


def is_tag(text: str) -> bool:
    """Say whether *text* has the form of a tag (OCI distribution specification, "Pulling manifests")."""
    return _TAG.fullmatch(text) is not None


def is_path(text: str) -> bool:
    """Say whether *text* has the form of a repository's path in a registry (likewise)."""
    return len(text) <= MAX_NAME and _PATH.fullmatch(text) is not None


@functools.lru_cache(maxsize=256)
def is_registry(text: str) -> bool:
    """Say whether *text* has the form of a registry's name: "host", "host:port" or "[address]:port"."""
    if (match := _registry_form(text)) is None or int(match["named"] or match["short"] or 0) > MAX_PORT:
        return False
    address = _ADDRESS.fullmatch(match["host"] or "")
    return address is None or _is_address(address[1] or address[2])


def _registry_form(text: str) -> re.Match[str] | None:
    """Match what can stand for a registry and for nothing else, though there be no such address."""
    return _REGISTRY.fullmatch(text) if len(text) <= MAX_NAME else None


def _is_address(text: str) -> bool:
    with suppress(ValueError):
        ipaddress.ip_address(text)
        return True
    return False


def parse_tag(text: str) -> str:
    """Return *text*, which came from a script or a registry; InvalidText if it cannot be a tag."""
    if not is_tag(text):
        why = "it has 1 to 128 letters, digits, underscores, dots and hyphens, and begins with none of the last two"
        raise InvalidText("tag", text, why)
    return text


def parse_registry(text: str) -> str:
    """Return the name of a registry, in the form that references have; InvalidText if *text* is none."""
    if not is_registry(text):
        raise InvalidText("registry", text, _REGISTRY_RULE)
    return _HUB_NAMES.get(text, text)


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of a registry, or an OCI layout: then *registry* is "" and *path* its folder as it was written."""

    registry: str
    path: str

    def __post_init__(self) -> None:
        if self.is_layout:
            if _FOLDER.fullmatch(self.path) is None:
                why = "a path has letters, digits, slashes, spaces and the characters _ . ~ + -"
                raise InvalidText("OCI layout", self.path, why)
            return
        if not is_registry(self.registry):
            raise InvalidText("registry", self.registry, _REGISTRY_RULE)
        if not is_path(self.path):
            raise InvalidText("repository", self.path, _path_fault(self.path))

    @property
    def is_layout(self) -> bool:
        """Whether it is a folder, not a registry's."""
        return self.registry == ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the repository that *text* names, with or without tag and digest; InvalidText if it names none."""
        found = Reference.parse(text).repository
        return cls(found.registry, found.path)

    def __str__(self) -> str:
        return f"{LAYOUT}{self.path}" if self.is_layout else f"{self.registry}/{self.path}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A manifest by its tag, its digest, or both: then the digest says what the tag should point at.

    Only the reference of a layout may have neither.
    """

    repository: Repository
    tag: str = ""
    digest: Digest | None = None

    def __post_init__(self) -> None:
        if self.tag:
            parse_tag(self.tag)
        elif self.digest is None and not self.repository.is_layout:
            raise InvalidText("reference", str(self.repository), "it needs a tag or a digest")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the reference that *text* spells; InvalidText if it spells none."""
        if match := _SCHEME.fullmatch(text):
            scheme, rest = match.groups()
            if scheme != "ocidir":
                why = f'"{scheme}://" is not known; write registry/repository:tag, or {LAYOUT}path for an OCI layout'
                raise InvalidText("reference", text, why)
            path, tag, digest = _split(text, rest)
            return cls(Repository("", path), tag, digest)
        name, tag, digest = _split(text, text)
        return cls(_repository(text, name), tag or ("" if digest else DEFAULT_TAG), digest)

    def at(self, digest: Digest) -> Self:
        """Return the reference of a digest in the same repository; the tag is gone."""
        return type(self)(self.repository, "", digest)

    def tagged(self, tag: str) -> Self:
        """Return the reference of a tag in the same repository; the digest is gone.  InvalidText if it is no tag."""
        return type(self)(self.repository, parse_tag(tag))

    @property
    def meant_tag(self) -> str:
        """The tag that a write to it sets, "" for none: with neither tag nor digest "latest" is meant."""
        return self.tag or ("" if self.digest else DEFAULT_TAG)

    @property
    def version(self) -> str:
        """What stands for the manifest in a URL: the digest, where there is none the tag."""
        return str(self.digest or self.tag)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")


def _split(text: str, rest: str) -> tuple[str, str, Digest | None]:
    """Return name, tag and digest of *rest*; *text* is the whole, for the error."""
    name, at, digest = rest.partition("@")
    parsed = Digest.parse(digest) if at else None
    head, colon, tag = name.rpartition(":")
    # A colon before a slash is that of a port.
    if not colon or "/" in tag:
        return name, "", parsed
    if not is_tag(tag):
        raise InvalidText("reference", text, f'"{tag[:140]}" cannot be a tag')
    return head, tag, parsed


def _repository(text: str, name: str) -> Repository:
    first, slash, rest = name.partition("/")
    if first == "localhost" and not rest:
        raise InvalidText("reference", text, "a registry needs a repository: localhost/repository")
    if slash and _registry_form(first):
        registry, path = parse_registry(first), rest
    else:
        registry, path = DOCKER_HUB, name
    if registry == DOCKER_HUB and "/" not in path:
        path = f"library/{path}"
    if not is_path(path):
        raise InvalidText("reference", text, _path_fault(path.removeprefix("library/")))
    return Repository(registry, path)


def _path_fault(path: str) -> str:
    if len(path) > MAX_NAME:
        return f"a repository has at most {MAX_NAME} characters"
    if is_path(path.lower()):
        return f'a repository is written in lower case: "{path.lower()}"'
    return "a repository has parts of lower-case letters and digits, joined by . _ __ or hyphens, with slashes between"
