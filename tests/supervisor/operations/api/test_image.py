"""Operations on images as wholes: copies with options, tar files, quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.hosts import Hosts
from regbot.registry.manifest import Head, RateLimit
from regbot.registry.registries import Registries
from regbot.supervisor.gate import Gate
from regbot.supervisor.operations.api import image as operations
from regbot.supervisor.operations.table import OperationFailed
from tests.images import image, index, platforms, push, write_layout
from tests.supervisor.scripts import opened

if TYPE_CHECKING:
    from pathlib import Path

    from trio.testing import MockClock

    from regbot.protocol.values import Value
    from regbot.registry.reference import Reference
    from tests.docker_registry import DockerRegistry

OLD: Final = image(labels={"version": "1"})
NEW: Final = image(labels={"version": "2"})


async def test_the_config_of_a_platform(tmp_path: Path) -> None:
    """A config is that of the platform asked for, with the digest of its manifest."""
    arm = image(platform="linux/arm64", labels={"version": "7"})
    write_layout(tmp_path / "a", {"v1": index({"linux/amd64": image(), "linux/arm64": arm})})
    async with opened(folder=tmp_path) as gate:
        found = await gate.perform("image.config", [b"ocidir://a:v1", b"linux/arm64"])
    assert found == {"reference": "ocidir://a:v1", "digest": arm.digest, "body": next(iter(arm.blobs.values()))}


NAMES: Final[list[Value]] = [b"ocidir://a:v1", b"ocidir://b:v1"]
"""Source and target of a copy."""


@pytest.mark.parametrize(("option", "digest"), [(b"replace", NEW.digest), (b"skip", OLD.digest)])
async def test_what_is_there_already(tmp_path: Path, option: bytes, digest: str) -> None:
    """The option ifExists decides whether the target's tag is replaced or left alone."""
    write_layout(tmp_path / "a", {"v1": NEW})
    write_layout(tmp_path / "b", {"v1": OLD})
    async with opened(folder=tmp_path) as gate:
        await gate.perform("image.copy", [*NAMES, {"ifExists": option}])
        found = await gate.perform("manifest.head", NAMES[1:])
    assert isinstance(found, dict)
    assert found["descriptor"]["digest"] == digest


@pytest.mark.parametrize("option", [b"same", b"fail"])
async def test_what_is_there_already_may_be_an_error(tmp_path: Path, option: bytes) -> None:
    """Two values of ifExists make another image under the target's tag an error."""
    write_layout(tmp_path / "a", {"v1": NEW})
    write_layout(tmp_path / "b", {"v1": OLD})
    async with opened(folder=tmp_path) as gate:
        with pytest.raises(OperationFailed, match=r'^image\.copy "ocidir://a:v1" to "ocidir://b:v1": '):
            await gate.perform("image.copy", [*NAMES, {"ifExists": option}])


async def test_only_some_platforms(tmp_path: Path) -> None:
    """Of an index only the images of the platforms asked for are copied; one that it has not is an error."""
    whole = platforms("linux/amd64", "linux/arm64", "linux/s390x")
    write_layout(tmp_path / "a", {"v1": whole})
    async with opened(folder=tmp_path) as gate:
        with pytest.raises(OperationFailed, match="linux/riscv64"):
            await gate.perform("image.copy", [*NAMES, {"platforms": [b"linux/riscv64"]}])
        await gate.perform("image.copy", [*NAMES, {"platforms": [b"linux/arm64"]}])
        copied = await gate.perform("manifest.get", [b"ocidir://b:v1", b"linux/arm64"])
        with pytest.raises(OperationFailed):
            await gate.perform("manifest.get", [b"ocidir://b:v1", b"linux/amd64"])
    assert isinstance(copied, dict)
    assert copied["body"] == whole.children[1].manifest


async def test_a_tar_file_there_and_back(registry: DockerRegistry, tmp_path: Path) -> None:
    """An index that is exported and imported under another name is the same, byte for byte."""
    whole = platforms("linux/amd64", "linux/arm64")
    push(registry, "a", "v1", whole)
    async with opened(registry.host, folder=tmp_path) as gate:
        assert await gate.perform("image.exportTar", [f"{registry.host}/a:v1".encode(), b"x.tar"]) is None
        assert await gate.perform("image.importTar", [f"{registry.host}/b:v2".encode(), b"x.tar"]) is None
    assert registry.digest("b", "v2") == whole.digest


class Quota(Registries):
    """A registry that grants ten pulls more each time that it is asked."""

    def __init__(self, *, known: bool = True) -> None:
        super().__init__(Hosts(()), user_agent="test")
        self.asked: list[float] = []
        self._known = known

    async def head(self, reference: Reference, *, origin: bool = False) -> Head:  # noqa: ARG002 -- the interface's
        """Tell what is left."""
        self.asked.append(trio.current_time())
        left = RateLimit(known=self._known, remain=10 * len(self.asked), limit=100)
        return Head(Descriptor("", Digest.of(b""), 0), left)


@pytest.mark.parametrize(
    ("known", "arguments", "granted", "waits"),
    [
        (True, [10], True, []),
        (False, [1000], True, []),
        (True, [25, b"1m"], True, [60, 60]),
        (True, [25], True, [operations.POLL] * 2),
        (True, [50, b"1m", b"90s"], False, [60]),
        (True, [1000, b"1h"], False, [3600] * 5),
    ],
)
async def test_waiting_for_a_quota(
    autojump_clock: MockClock, arguments: list[Value], waits: list[float], *, known: bool, granted: bool
) -> None:
    """The quota is asked for every *poll* until it is enough, for at most *timeout*; where none is told it is."""
    registry = Quota(known=known)
    answer = await Gate(registry=registry, slots=trio.CapacityLimiter(1)).perform(
        "image.ratelimitWait", [b"a", *arguments]
    )
    between = [later - earlier for earlier, later in zip(registry.asked, registry.asked[1:], strict=False)]
    assert answer is granted
    assert between == pytest.approx(waits)
