"""Layouts that several write at a time, and what is left in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.content import Bytes
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.files.files import Files
from regbot.registry.layouts import sessions as layout_sessions
from regbot.registry.layouts.layout import Layout
from regbot.registry.manifest import Manifest
from regbot.registry.observer import Silent
from regbot.registry.reference import Reference, Repository
from tests import images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONE, TWO = images.image(layers=[b"one"]), images.image(layers=[b"two"])
MULTI = images.platforms("linux/amd64", "linux/arm64")
X = Repository("", "x")


class Said(Silent):
    """Keeps what an observer is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def debug(self, text: str) -> None:
        """Keep it."""
        self.texts.append(text)

    def warn(self, text: str) -> None:
        """Keep it."""
        self.texts.append(text)


@pytest.fixture
def files(files_folder: Path) -> Iterator[Files]:
    """Open the files folder."""
    with Files(files_folder) as opened:
        yield opened


@pytest.fixture
def given(files_folder: Path) -> Path:
    """Make the layout x with three tags."""
    return images.write_layout(files_folder / "x", {"one": ONE, "two": TWO, "multi": MULTI})


def blobs(given: Path) -> set[str]:
    """Return the digests of a layout's blobs."""
    return {f"sha256:{path.name}" for path in (given / "blobs/sha256").iterdir()}


def content(*wanted: images.Image) -> set[str]:
    """Return the digests of all that images are made of."""
    below = {name for image in wanted if image.children for name in content(*image.children)}
    return below | {name for image in wanted for name in (image.digest, *image.blobs)}


def at(text: str) -> Reference:
    """Return the reference of a layout."""
    return Reference.parse(f"ocidir://{text}")


async def test_deleted_tag(files: Files, given: Path) -> None:
    """What only a deleted tag named is there until the end, and gone then."""
    layout = Layout(files)
    await layout.delete_tag(at("x:two"))
    assert blobs(given) == content(ONE, TWO, MULTI)
    await layout.aclose()
    assert blobs(given) == content(ONE, MULTI)


async def test_deleted_index(files: Files, given: Path) -> None:
    """With an index go its images."""
    layout = Layout(files)
    await layout.delete_manifest(at(f"x@{MULTI.digest}"))
    await layout.aclose()
    assert blobs(given) == content(ONE, TWO)


async def test_moved_tag(files: Files, given: Path) -> None:
    """What a tag pointed at goes when it is moved."""
    layout = Layout(files)
    await layout.put_manifest(at("x:two"), Manifest.read(ONE.manifest))
    await layout.aclose()
    assert blobs(given) == content(ONE, MULTI)


async def test_abandoned_copy(files: Files, given: Path) -> None:
    """A blob that was written for a manifest that never came goes."""
    layout = Layout(files)
    await layout.put_blob(X, Descriptor("", Digest.of(b"data"), 4), Bytes(b"data"))
    await layout.aclose()
    assert blobs(given) == content(ONE, TWO, MULTI)


async def test_without_a_tag(files: Files, given: Path) -> None:
    """A manifest that was put by its digest alone is listed, and stays."""
    layout = Layout(files)
    three = images.image(layers=[b"one"], labels={"n": "3"})
    for data in three.blobs.values():
        await layout.put_blob(X, Descriptor("", Digest.of(data), len(data)), Bytes(data))
    await layout.put_manifest(at(f"x@{three.digest}"), Manifest.read(three.manifest))
    await layout.aclose()
    assert content(three) <= blobs(given)
    assert await layout.tags(X) == ["multi", "one", "two"]


async def test_reading_collects_nothing(files: Files, given: Path) -> None:
    """Who only reads leaves even what nobody can know the use of."""
    (given / "blobs/sha256" / Digest.of(b"x").encoded).write_bytes(b"x")
    layout = Layout(files)
    await layout.manifest(at("x:one"))
    assert await layout.has_blob(X, Digest.of(b"x"))
    await layout.aclose()
    assert str(Digest.of(b"x")) in blobs(given)


async def test_somebody_else_is_writing(files: Files, given: Path) -> None:
    """While another is at work in a layout nothing is collected, and the other does it in the end."""
    said = Said()
    layout, other = Layout(files, said), Layout(files)
    data = b"not yet named"
    await other.put_blob(X, Descriptor("", Digest.of(data), len(data)), Bytes(data))
    await layout.delete_tag(at("x:two"))
    await layout.aclose()
    assert content(TWO) <= blobs(given)
    assert ["another process writes it" in text for text in said.texts] == [True]
    await other.aclose()
    assert str(Digest.of(data)) not in blobs(given)


async def test_seen_by_somebody_else(files: Files, given: Path) -> None:
    """What another has seen, and need not write for that, stays until it is named."""
    layout, other = Layout(files), Layout(files)
    layer = Manifest.read(TWO.manifest).layers[0].digest
    assert await other.has_blob(X, layer)
    await layout.delete_tag(at("x:two"))
    await layout.aclose()
    await other.put_manifest(at("x:again"), Manifest.read(TWO.manifest))
    await other.aclose()
    assert content(TWO) <= blobs(given)


async def test_manifest_seen_by_somebody_else(files: Files, given: Path) -> None:
    """So does a manifest that another has looked at, with all below it."""
    layout, other = Layout(files), Layout(files)
    seen = await other.manifest(at("x:two"))
    await layout.delete_tag(at("x:two"))
    await layout.aclose()
    await other.put_manifest(at("x:again"), seen)
    await other.aclose()
    assert content(TWO) <= blobs(given)


async def test_cannot_be_read(files: Files, given: Path) -> None:
    """What stands in the way is told, and harms nothing."""
    said = Said()
    layout = Layout(files, said)
    await layout.delete_tag(at("x:two"))
    broken = given / "blobs/sha256" / Digest.parse(ONE.digest).encoded
    broken.unlink()
    broken.mkdir()
    await layout.aclose()
    assert ["the garbage stays" in text for text in said.texts] == [True]
    assert content(MULTI) <= blobs(given)


async def test_gone_meanwhile(files: Files, given: Path) -> None:
    """A layout that somebody moved away is nobody's business any more."""
    layout = Layout(files)
    await layout.delete_tag(at("x:two"))
    given.rename(given.parent / "y")
    await layout.aclose()
    assert content(TWO) <= blobs(given.parent / "y")


async def test_many_layouts(files: Files) -> None:
    """However many layouts are written, few are held open, and all are tidied up."""
    layout = Layout(files)
    names = [f"n{number}" for number in range(layout_sessions.MAX_LOCKS + 9)]
    for name in names:
        await layout.put_blob(Repository("", name), Descriptor("", Digest.of(b"x"), 1), Bytes(b"x"))
    await layout.aclose()
    assert [await layout.has_blob(Repository("", name), Digest.of(b"x")) for name in names] == [False] * len(names)
