"""Platforms, and which image of an index suits one (OCI image specification, "Image Index", `platform`).

The names are Go's, as in the specification; the spellings of `uname -m`, Debian and Windows are understood, too.  What
runs where: an image for an older variant runs on a newer one; "amd64" without a variant is v1, "arm" v7 and "arm64" v8.
A Windows image wants the same build, the first three parts of the version.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from regbot.registry.errors import InvalidText, Unverified

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regbot.registry.descriptor import Descriptor
    from regbot.registry.jsontext import Json, Object

_WORD: Final = re.compile("[A-Za-z0-9_-]{1,64}")
_SYSTEMS: Final = {"macos": "darwin"}
_MACHINES: Final = {
    "i386": ("386", ""),
    "i686": ("386", ""),
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv5l": ("arm", "v5"),
    "armv6l": ("arm", "v6"),
    "armv7l": ("arm", "v7"),
    "armv8l": ("arm", "v8"),
}
"""Other names of architectures: the architecture, and the variant where the name implies one."""
_BASE: Final = {"amd64": "v1", "arm": "v7", "arm64": "v8"}
"""The variant that is meant where none is named."""
_ALONE: Final = frozenset(
    {"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "ppc", "ppc64", "ppc64le", "riscv"}
    | {"riscv64", "s390", "s390x", "sparc", "sparc64", "wasm", *_MACHINES}
)
"""Architectures that a platform may consist of: the operating system is then ours."""


@dataclass(frozen=True, slots=True)
class Platform:
    """An operating system on a machine, and what more is said of it."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""
    os_features: tuple[str, ...] = ()
    features: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the platform that *text* names: "linux/arm/v7", "arm64", "windows/amd64,osver=10.0.17763" or "local".

        What it leaves out is that of this machine.  InvalidText if it names none.
        """
        names, *options = text.split(",")
        words = names.lower().split("/")
        if len(words) > 3 or not all(map(_WORD.fullmatch, words)):
            raise InvalidText("platform", text, "it should be os/architecture or os/architecture/variant")
        named = cls._of_words(text, words)
        return replace(named, os_version=_os_version(text, options) or named.os_version).normal()

    @classmethod
    def _of_words(cls, text: str, words: list[str]) -> Self:
        here = cls.local()
        if len(words) > 1:
            return cls(here.os if words[0] == "local" else words[0], words[1], "".join(words[2:]))
        if words[0] in _ALONE:
            return cls(here.os, words[0])
        if words[0] in {"local", here.os}:
            return here
        raise InvalidText("platform", text, f"an architecture is missing, as in {words[0]}/amd64")

    @classmethod
    def local(cls) -> Self:
        """Return the platform of this machine."""
        system = os.uname()
        return cls(system.sysname.lower(), system.machine.lower()).normal()

    @classmethod
    def read(cls, tree: Json) -> Self:
        """Return the platform of a descriptor, as it stands there; Unverified if that is none."""
        if not isinstance(tree, dict):
            raise Unverified("the platform of a descriptor is no object", code="MANIFEST_INVALID")
        return cls(
            os=_word(tree, "os"),
            architecture=_word(tree, "architecture"),
            variant=_word(tree, "variant"),
            os_version=_word(tree, "os.version"),
            os_features=_words(tree, "os.features"),
            features=_words(tree, "features"),
        )

    def normal(self) -> Self:
        """Return the platform under its usual names."""
        system = self.os.lower()
        name = self.architecture.lower()
        architecture, variant = _MACHINES.get(name, (name, ""))
        variant = self.variant.lower() or variant
        if variant.isdecimal():
            variant = f"v{variant}"
        if variant == _BASE.get(architecture) and architecture != "arm":
            variant = ""
        if architecture == "arm":
            variant = variant or _BASE["arm"]
        return replace(self, os=_SYSTEMS.get(system, system), architecture=architecture, variant=variant)

    def means(self, other: Self) -> bool:
        """Say whether *other* is this very platform by any of its names; a version of Windows only counts if given."""
        one, two = self.normal(), other.normal()
        if one.os_version and _build(one.os_version) != _build(two.os_version):
            return False
        return (one.os, one.architecture, one.variant) == (two.os, two.architecture, two.variant)

    def __str__(self) -> str:
        name = "/".join(word for word in (self.os, self.architecture, self.variant) if word) or "unknown"
        return f"{name},osver={self.os_version}" if self.os_version else name


def best(wanted: Platform, descriptors: Iterable[Descriptor]) -> Descriptor | None:
    """Return the descriptor that suits *wanted* best: that platform, else the newest that runs there, or None.

    Among equals the first wins.
    """
    host = wanted.normal()
    suiting = [each for each in descriptors if each.platform is not None and _runs(host, each.platform.normal())]
    return max(suiting, key=lambda each: _rank(host, each.platform), default=None)


def _runs(host: Platform, image: Platform) -> bool:
    if (host.os, host.architecture) != (image.os, image.architecture):
        return False
    if host.os == "windows" and host.os_version and _build(host.os_version) != _build(image.os_version):
        return False
    return _level(image) <= _level(host)


def _rank(host: Platform, platform: Platform | None) -> tuple[bool, int, bool, list[int]]:
    assert platform is not None
    image = platform.normal()
    same_version = image.os_version == host.os_version
    return image.variant == host.variant, _level(image), same_version, _numbers(image.os_version)


def _level(platform: Platform) -> int:
    variant = platform.variant or _BASE.get(platform.architecture, "")
    number = variant.removeprefix("v")
    return int(number) if number.isdecimal() and len(number) < 10 else 0


def _build(version: str) -> str:
    return ".".join(version.split(".")[:3])


def _numbers(version: str) -> list[int]:
    return [int(part) if part.isdecimal() and len(part) < 10 else -1 for part in version.split(".")]


def _word(tree: Object, key: str) -> str:
    word = tree.get(key) or ""
    if not isinstance(word, str):
        raise Unverified(f'the platform of a descriptor has no text as "{key}"', code="MANIFEST_INVALID")
    return word


def _words(tree: Object, key: str) -> tuple[str, ...]:
    found = tree.get(key) or []
    words = tuple(word for word in found if isinstance(word, str)) if isinstance(found, list) else ()
    if not isinstance(found, list) or len(words) < len(found):
        raise Unverified(f'the platform of a descriptor has no list of texts as "{key}"', code="MANIFEST_INVALID")
    return words


def _os_version(text: str, options: list[str]) -> str:
    version = ""
    for option in options:
        key, _, value = option.partition("=")
        if key.strip().lower() not in {"osver", "osversion"} or not value.strip():
            raise InvalidText("platform", text, "after a comma only osver=VERSION is understood")
        version = value.strip()
    return version
