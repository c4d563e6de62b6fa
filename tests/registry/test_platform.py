from __future__ import annotations

import platform as machine

import pytest

from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, Unverified
from regbot.registry.platform import Platform, best

VARIANTS = [
    Platform("linux", "arm", "v5"),
    Platform("linux", "arm", "v6"),
    Platform("linux", "arm", "v7"),
    Platform("linux", "amd64"),
    Platform("linux", "amd64", "v2"),
    Platform("linux", "386"),
    Platform("windows", "amd64", "", "10.0.17763.5122"),
    Platform("windows", "amd64", "", "10.0.20348.2113"),
]


def described(*platforms: Platform | None) -> list[Descriptor]:
    """Return a descriptor for each platform."""
    return [Descriptor("", Digest.of(bytes([number])), 1, each) for number, each in enumerate(platforms)]


def chosen(wanted: str, *platforms: Platform | None) -> Platform | None:
    """Return the platform that suits best."""
    found = best(Platform.parse(wanted), described(*platforms))
    return found.platform if found else None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("linux/amd64", "linux/amd64"),
        ("Linux/x86_64", "linux/amd64"),
        ("linux/x86-64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("linux/i386", "linux/386"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm64/8", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/6", "linux/arm/v6"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("macos/arm64", "darwin/arm64"),
        ("windows/amd64,osver=10.0.17763", "windows/amd64,osver=10.0.17763"),
        ("linux/s390x", "linux/s390x"),
    ],
)
def test_parse(text: str, name: str) -> None:
    """Platforms have one name however they are spelled."""
    assert str(Platform.parse(text)) == name


@pytest.mark.parametrize(
    "text", ["", "nonsense platform", "linux/", "/amd64", "a/b/c/d", "plan9", "linux/amd64,cpu=2", "linux/amd64,osver="]
)
def test_invalid(text: str) -> None:
    """What is no platform is refused."""
    with pytest.raises(InvalidText, match="platform"):
        Platform.parse(text)


def test_local() -> None:
    """This machine is a Linux of a known architecture, and what a platform leaves out is its."""
    here = Platform.local()
    assert (here.os, machine.system()) == ("linux", "Linux")
    assert Platform.parse("local") == Platform.parse("linux") == here
    assert Platform.parse("s390x") == Platform("linux", "s390x")
    assert Platform.parse("local/arm64") == Platform("linux", "arm64")


@pytest.mark.parametrize(
    ("wanted", "variant"),
    [("arm", "v7"), ("arm/v5", "v5"), ("arm/v6", "v6"), ("arm/v8", "v7"), ("armel", "v6"), ("amd64", ""), ("386", "")],
)
def test_variants(wanted: str, variant: str) -> None:
    """The very variant comes first, else the newest that still runs."""
    found = chosen(f"linux/{wanted}", *VARIANTS)
    assert found is not None
    assert found.variant == variant


def test_newer_variant_does_not_run() -> None:
    """An image for a newer variant is no choice, and amd64 of v4 takes v2."""
    assert chosen("linux/amd64", Platform("linux", "amd64", "v2")) is None
    assert chosen("linux/amd64/v4", *VARIANTS) == Platform("linux", "amd64", "v2")


def test_other_machine() -> None:
    """Neither another architecture nor another system will do."""
    assert chosen("linux/arm64", *VARIANTS) is None
    assert chosen("darwin/amd64", *VARIANTS) is None


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("", "10.0.20348.2113"),
        (",osver=10.0.17763", "10.0.17763.5122"),
        (",osver=10.0.17763.1", "10.0.17763.5122"),
        (",osversion=10.0.20348.2113", "10.0.20348.2113"),
    ],
)
def test_windows_build(version: str, found: str) -> None:
    """Windows images want the same build, and without one the newest is taken."""
    got = chosen(f"windows/amd64{version}", *VARIANTS)
    assert got is not None
    assert got.os_version == found


def test_unknown_windows_build() -> None:
    """No image of another build is chosen."""
    assert chosen("windows/amd64,osver=10.0.1.1", *VARIANTS) is None


def test_first_of_equals() -> None:
    """Of two images for one platform the first is chosen; entries without a platform never are."""
    amd64 = Platform("linux", "amd64")
    given = described(None, amd64, amd64)
    assert best(amd64, given) is given[1]


def test_read() -> None:
    """A descriptor's platform is taken as it stands there."""
    tree = {"os": "windows", "architecture": "amd64", "os.version": "10", "os.features": ["win32k"], "variant": None}
    assert Platform.read(tree) == Platform("windows", "amd64", "", "10", ("win32k",))


@pytest.mark.parametrize(
    "tree", ["linux", [], {"os": 5}, {"os.features": "x"}, {"features": [1]}, {"variant": {"v": 8}}]
)
def test_read_hostile(tree: object) -> None:
    """A platform of the wrong types is unverified, whatever it is."""
    with pytest.raises(Unverified):
        Platform.read(tree)  # type: ignore[arg-type]


def test_huge_variant() -> None:
    """A variant with a number beyond reason has no rank, and is no error."""
    assert chosen("linux/amd64", Platform("linux", "amd64", "v" + "9" * 5000)) is not None


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("linux/amd64", Platform("linux", "x86_64"), True),
        ("linux/arm64/v8", Platform("linux", "arm64"), True),
        ("linux/arm", Platform("linux", "arm", "v7"), True),
        ("linux/arm", Platform("linux", "arm", "v6"), False),
        ("linux/amd64", Platform("linux", "amd64", "v2"), False),
        ("linux/amd64", Platform("windows", "amd64"), False),
        ("windows/amd64", Platform("windows", "amd64", os_version="10.0.17763.1"), True),
        ("windows/amd64,osver=10.0.17763.9", Platform("windows", "amd64", os_version="10.0.17763.1"), True),
        ("windows/amd64,osver=10.0.17764", Platform("windows", "amd64", os_version="10.0.17763.1"), False),
    ],
)
def test_means(text: str, other: Platform, *, same: bool) -> None:
    """A platform means itself by any of its names, and nothing that it merely runs."""
    assert Platform.parse(text).means(other) is same
