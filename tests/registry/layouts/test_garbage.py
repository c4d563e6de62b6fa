"""What is collected of an OCI layout, and what never is."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError
from regbot.registry.files.files import Files
from regbot.registry.layouts.garbage import GRACE, MAX_READ_IN_ALL, closure, collect, named
from tests import images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from regbot.registry.files.files import Folder

ONE, TWO = images.image(layers=[b"one", b"shared"]), images.image(layers=[b"two", b"shared"])
MULTI = images.platforms("linux/amd64", "linux/arm64")
NOW = 2_000_000_000.0


@pytest.fixture
def given(files_folder: Path) -> Path:
    """Make a layout with three tags, all of it as old as can be."""
    made = images.write_layout(files_folder / "x", {"one": ONE, "two": TWO, "multi": MULTI})
    for path in (made / "blobs/sha256").iterdir():
        os.utime(path, (0, 0))
    return made


@pytest.fixture
def folder(given: Path) -> Iterator[Folder]:
    """Open the layout."""
    with Files(given.parent) as files, files.folder("x") as opened:
        yield opened


def index(*listed: images.Image) -> bytes:
    """Return an index.json that lists images."""
    return json.dumps({"manifests": [image.descriptor() for image in listed]}).encode()


def add(given: Path, data: bytes, *, age: float = 0) -> Digest:
    """Put a blob into the layout that was written *age* seconds ago."""
    digest = Digest.of(data)
    path = given / "blobs/sha256" / digest.encoded
    path.write_bytes(data)
    os.utime(path, (NOW - age, NOW - age))
    return digest


def content(image: images.Image) -> set[str]:
    """Return the digests of all that an image is made of."""
    below = {name for child in image.children for name in content(child)}
    return {image.digest, *image.blobs} | below


def test_all_named(folder: Folder) -> None:
    """What the index names, over however many steps, stays."""
    assert collect(folder, index(ONE, TWO, MULTI), [], now=NOW) == []


def test_unnamed(folder: Folder) -> None:
    """What nothing names goes, and what two images share stays as long as one of them does."""
    removed = {str(digest) for digest in collect(folder, index(ONE, MULTI), [], now=NOW)}
    assert removed == content(TWO) - content(ONE)


def test_nothing_is_listed(folder: Folder, given: Path) -> None:
    """Of a layout that lists nothing nothing stays."""
    collect(folder, b"{}", [], now=NOW)
    assert list((given / "blobs/sha256").iterdir()) == []


def test_young(folder: Folder, given: Path) -> None:
    """An unnamed blob that somebody may have written a moment ago stays, until it has lain there for long enough."""
    young, old = add(given, b"young", age=GRACE - 1), add(given, b"old", age=GRACE + 1)
    assert collect(folder, index(ONE, TWO, MULTI), [], now=NOW) == [old]
    assert collect(folder, index(ONE, TWO, MULTI), [], now=NOW + 2) == [young]


def test_suspects(folder: Folder, given: Path) -> None:
    """What we know to be ours goes at once, with what it names, if nothing else names it."""
    layer = add(given, b"layer")
    manifest = add(given, json.dumps({"layers": [{"digest": str(layer)}], "config": str(Digest.of(b"x"))}).encode())
    assert set(collect(folder, index(ONE, TWO, MULTI), [manifest], now=NOW)) == {layer, manifest}


@pytest.mark.parametrize(
    "document",
    [
        '{"anything": ["DIGEST"]}',
        '{"DIGEST": 1}',
        ' \n {"unheard-of": {"of": [1, {"x": "y@DIGEST"}]}}',
        '{"broken": "DIGEST",',
        '{"twice": "DIGEST", "twice": ""}',
        '{"by number": "sha256\\u003aHEX"}',
        '["DIGEST"]',
    ],
)
def test_in_doubt(folder: Folder, given: Path, document: str) -> None:
    """Whatever a document that stays spells as a digest stays, though we know nothing of such documents."""
    layer = add(given, b"layer", age=2 * GRACE)
    text = document.replace("DIGEST", str(layer)).replace("HEX", layer.encoded).encode()
    document_ = add(given, text, age=2 * GRACE)
    listed = json.dumps({"manifests": [{"digest": str(document_), "mediaType": "x/y"}, MULTI.descriptor()]}).encode()
    assert {layer, document_}.isdisjoint(collect(folder, listed, [], now=NOW))


def test_other_files(folder: Folder, given: Path) -> None:
    """Files that are no blobs of an algorithm that we know are not ours to remove."""
    for name in ("blobs/sha256/notes", "blobs/sha256/" + "0" * 63, "blobs/blake3/" + "0" * 64, "notes"):
        (given / name).parent.mkdir(exist_ok=True)
        (given / name).write_text("x")
        os.utime(given / name, (0, 0))
    assert collect(folder, index(ONE, TWO, MULTI), [], now=NOW) == []


@pytest.mark.parametrize("packed", [b"\x1f\x8b%s", b"\x28\xb5\x2f\xfd%s"], ids=["gzip", "zstd"])
def test_layers_are_not_read(folder: Folder, given: Path, packed: bytes) -> None:
    """A digest in a layer names nothing."""
    other = add(given, b"other", age=2 * GRACE)
    layer = add(given, packed % str(other).encode())
    assert closure(folder, [layer]) == {layer}


@pytest.mark.parametrize("before", [b"", b" " * 300, b"\xef\xbb\xbf", b"[" * 100_000, b"a" * 1_000_000])
def test_whatever_it_begins_with(before: bytes) -> None:
    """It does not matter where in a document a digest stands, nor whether that is JSON."""
    digest = Digest.of(b"x")
    assert named(before + b'{"digest":"%s"}' % str(digest).encode()) == {digest}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32"])
def test_encodings(encoding: str) -> None:
    """Manifests are read in every encoding that JSON may have, and so are they here."""
    digest = Digest.of(b"x", "sha512")
    assert named(json.dumps({"digest": str(digest)}).encode(encoding)) == {digest}


def test_too_much(folder: Folder, given: Path) -> None:
    """There is an end to what is looked through."""
    chain = b""
    for _ in range(MAX_READ_IN_ALL // (8 << 20) + 1):
        chain = str(add(given, chain.ljust(8 << 20))).encode()
    with pytest.raises(RegistryError, match="bytes of documents to look through"):
        closure(folder, [Digest.parse(chain.decode())])


def test_interrupted(folder: Folder) -> None:
    """Whoever waits for it may lose patience."""
    with pytest.raises(TimeoutError):
        closure(folder, [Digest.parse(ONE.digest)], check=lose_patience)


def lose_patience() -> None:
    """Do so."""
    raise TimeoutError


@pytest.mark.parametrize("name", ["blobs", "blobs/sha256"])
def test_shared_blobs(folder: Folder, given: Path, name: str) -> None:
    """Blobs that lie behind a link may be those of other layouts as well."""
    (given / name).rename(given.parent / "shared")
    (given / name).symlink_to(os.path.relpath(given.parent / "shared", (given / name).parent))
    with pytest.raises(RegistryError, match="lie elsewhere"):
        collect(folder, b"{}", [Digest.parse(ONE.digest)], now=NOW)


def test_a_document_that_cannot_be_read(folder: Folder, given: Path) -> None:
    """Where one document that stays cannot be read nothing is removed, for who knows what it names."""
    path = given / "blobs/sha256" / Digest.parse(ONE.digest).encoded
    path.unlink()
    path.mkdir()
    before = sorted((given / "blobs/sha256").iterdir())
    with pytest.raises(RegistryError, match="no regular file"):
        collect(folder, index(ONE), [], now=NOW)
    assert sorted((given / "blobs/sha256").iterdir()) == before
