from __future__ import annotations

import json
import os
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.registry.content import Bytes
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.files.files import Files, Forbidden
from regbot.registry.layouts.layout import Layout
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference, Repository
from tests import images

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator
    from pathlib import Path

    from regbot.registry.api import Registry
    from tests.skopeo import Skopeo

REF_NAME: Final = "org.opencontainers.image.ref.name"
X: Final = Repository("", "x")
ONE: Final = images.image(labels={"n": "one"}, layers=[b"one"])
TWO: Final = images.image(labels={"n": "two"}, layers=[b"two", b"more"])
MULTI: Final = images.platforms("linux/amd64", "linux/arm64/v8")
NOTHING: Final = Digest.of(b"nothing")
X_ONE: Final = Reference(X, "one")


@pytest.fixture
def files(files_folder: Path) -> Iterator[Files]:
    """Open the files folder."""
    with Files(files_folder) as opened:
        yield opened


@pytest.fixture
def layout(files: Files) -> Layout:
    """Give the layouts of the files folder."""
    return Layout(files)


@pytest.fixture
def given(files_folder: Path) -> Path:
    """Make the layout x with three tags: one, two and multi."""
    return images.write_layout(files_folder / "x", {"two": TWO, "one": ONE, "multi": MULTI})


def at(text: str) -> Reference:
    """Return the reference of a layout."""
    return Reference.parse(f"ocidir://{text}")


def described(data: bytes) -> Descriptor:
    """Return the descriptor of a blob."""
    return Descriptor("", Digest.of(data), len(data))


class Given:
    """Content that is what it is given, once."""

    def __init__(self, data: AsyncGenerator[bytes]) -> None:
        self._data = data

    @asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give it."""
        assert offset == 0
        async with aclosing(self._data) as data:
            yield data


async def put(layout: Registry, target: Reference, image: images.Image, *, child: bool = False) -> None:
    """Write an image as a copy does: what is below first."""
    for below in image.children:
        await put(layout, target.at(Digest.parse(below.digest)), below, child=True)
    for data in image.blobs.values():
        await layout.put_blob(target.repository, described(data), Bytes(data))
    await layout.put_manifest(target, Manifest.read(image.manifest, media_type=image.media_type), child=child)


async def content(layout: Layout, repository: Repository, descriptor: Descriptor) -> bytes:
    """Return a blob."""
    async with layout.blob(repository, descriptor) as pieces:
        return b"".join([piece async for piece in pieces])


def index(folder: Path) -> list[tuple[str, str]]:
    """Return name and digest of the entries of index.json."""
    entries = json.loads((folder / "index.json").read_bytes())["manifests"]
    return [(entry.get("annotations", {}).get(REF_NAME, ""), entry["digest"]) for entry in entries]


def blob_path(folder: Path, digest: str) -> Path:
    """Return where a blob is."""
    return folder / "blobs" / digest.replace(":", "/")


def open_descriptors() -> int:
    """Count this process's open descriptors."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 -- no Path is wanted


def names(folder: Path) -> list[str]:
    """Return the names of all files below a folder, sorted."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_satisfies(layout: Layout) -> None:
    """A layout is a registry, to the type checker as well."""
    registry: Registry = layout
    assert registry is layout


async def test_no_catalog(layout: Layout) -> None:
    """Layouts have no catalog."""
    with pytest.raises(RegistryError, match="no catalog"):
        await layout.repositories("")


@pytest.mark.parametrize(
    ("limit", "last", "found"),
    [(0, "", ["multi", "one", "two"]), (2, "", ["multi", "one"]), (0, "multi", ["one", "two"]), (1, "n", ["one"])],
)
async def test_tags(layout: Layout, given: Path, limit: int, last: str, found: list[str]) -> None:
    """Tags are sorted; last and limit mean what they do elsewhere."""
    assert await layout.tags(X, limit=limit, last=last) == found


@pytest.mark.parametrize("path", ["x", "./x", "y/../x", "{folder}", "{folder}/"])
async def test_paths(layout: Layout, given: Path, path: str) -> None:
    """A layout is found however the path to its folder is written."""
    (given.parent / "y").mkdir()
    assert len(await layout.tags(Repository("", path.format(folder=given)))) == 3


@pytest.mark.parametrize("image", [ONE, TWO, MULTI])
@pytest.mark.parametrize("by", ["tag", "digest", "both"])
async def test_manifest(layout: Layout, given: Path, image: images.Image, by: str) -> None:
    """A manifest is the bytes that are stored, by tag, by digest and by both."""
    tag = {ONE.digest: "one", TWO.digest: "two", MULTI.digest: "multi"}[image.digest]
    texts = {"tag": f"x:{tag}", "digest": f"x@{image.digest}", "both": f"x:{tag}@{image.digest}"}
    manifest = await layout.manifest(at(texts[by]))
    assert manifest.body == image.manifest
    assert manifest.descriptor.media_type == image.media_type


async def test_child(layout: Layout, given: Path) -> None:
    """A child of an index, which index.json does not list, is found by digest."""
    child = MULTI.children[1]
    assert (await layout.manifest(at(f"x@{child.digest}"))).body == child.manifest


async def test_head(layout: Layout, given: Path) -> None:
    """A head is the manifest's descriptor, and knows of no rate limit."""
    head = await layout.head(at("x:one"))
    assert head.descriptor == Descriptor(ONE.media_type, Digest.parse(ONE.digest), len(ONE.manifest))
    assert not head.rate_limit.known


async def test_default_tag(layout: Layout, files_folder: Path) -> None:
    """A reference without tag and digest means the tag latest."""
    images.write_layout(files_folder / "x", {"other": TWO, "latest": ONE})
    assert (await layout.manifest(at("x"))).body == ONE.manifest


@pytest.mark.parametrize("text", ["x:nothing", f"x@{NOTHING}", "x", "x:latest"])
async def test_unknown_manifest(layout: Layout, given: Path, text: str) -> None:
    """What is not in the layout is NotFound, by its name."""
    with pytest.raises(NotFound, match=f"there is no ocidir://{text}") as caught:
        await layout.manifest(at(text))
    assert (caught.value.code, caught.value.repository) == ("MANIFEST_UNKNOWN", "x")


@pytest.mark.parametrize("missing", ["", "oci-layout", "index.json"])
async def test_no_layout(layout: Layout, given: Path, missing: str) -> None:
    """A folder that is missing, or lacks one of the two files, is no layout, and the message says what is missing."""
    if missing:
        (given / missing).unlink()
    path = "x" if missing else "nothing"
    with pytest.raises(NotFound, match=f'"{path}.*does not exist'):
        await layout.tags(Repository("", path))


@pytest.mark.parametrize(
    "marker", ["", "{}", '{"imageLayoutVersion": "2.0.0"}', '{"imageLayoutVersion": 1}', " " * 5000]
)
async def test_other_version(layout: Layout, given: Path, marker: str) -> None:
    """A layout of another version, or of none, is neither read nor written."""
    (given / "oci-layout").write_text(marker)
    with pytest.raises(Unverified):
        await layout.tags(X)
    with pytest.raises(Unverified):
        await put(layout, at("x:new"), ONE)


@pytest.mark.parametrize("broken", [b"", b"{", b'{"manifests": 1}', b"[" * 100_000, b" " * ((8 << 20) + 1)])
async def test_broken_index(layout: Layout, given: Path, broken: bytes) -> None:
    """A broken or endless index.json is Unverified, and is not overwritten."""
    (given / "index.json").write_bytes(broken)
    with pytest.raises(Unverified):
        await layout.manifest(at("x:one"))
    with pytest.raises(Unverified):
        await put(layout, at("x:new"), ONE)
    assert (given / "index.json").read_bytes() == broken


async def test_changed_manifest(layout: Layout, given: Path) -> None:
    """A manifest whose bytes are not those of its digest is refused, by tag and by digest."""
    blob_path(given, ONE.digest).write_bytes(TWO.manifest)
    for text in ("x:one", f"x@{ONE.digest}"):
        with pytest.raises(Unverified, match="should have the digest"):
            await layout.manifest(at(text))


async def test_endless_manifest(layout: Layout, given: Path) -> None:
    """A manifest larger than any may be is refused before it is read whole."""
    os.truncate(blob_path(given, ONE.digest), 1 << 40)
    with pytest.raises(Unverified, match="more than"):
        await layout.manifest(at("x:one"))


async def test_blob(layout: Layout, given: Path) -> None:
    """A blob is what is stored."""
    for name, data in TWO.blobs.items():
        assert await content(layout, X, Descriptor("", Digest.parse(name), len(data))) == data
        assert await layout.has_blob(X, Digest.parse(name))


async def test_unknown_blob(layout: Layout, given: Path) -> None:
    """A blob that is not there is NotFound, and not had; so is one of a layout that is not there."""
    for repository in (X, Repository("", "nothing")):
        assert not await layout.has_blob(repository, NOTHING)
        with pytest.raises(NotFound, match="has no blob") as caught:
            await content(layout, repository, Descriptor("", NOTHING, -1))
        assert caught.value.code == "BLOB_UNKNOWN"


@pytest.mark.parametrize("changed", [b"evil", b""])
async def test_changed_blob(layout: Layout, given: Path, changed: bytes) -> None:
    """A blob whose bytes are not those of its digest is found out while it is read."""
    name, data = next(iter(ONE.blobs.items()))
    blob_path(given, name).write_bytes(changed.ljust(len(data)) if changed else changed)
    with pytest.raises(Unverified):
        await content(layout, X, Descriptor("", Digest.parse(name), len(data)))


async def test_blob_outside(layout: Layout, given: Path, tmp_path: Path) -> None:
    """A blob that is a symbolic link out of the files folder is denied; one that stays inside is read."""
    (tmp_path / "secret").write_bytes(b"data")
    (given.parent / "shared").write_bytes(b"data")
    link = blob_path(given, str(Digest.of(b"data")))
    link.symlink_to("../../../../../secret")
    with pytest.raises(Forbidden):
        await content(layout, X, described(b"data"))
    link.unlink()
    link.symlink_to("../../../shared")
    assert await content(layout, X, described(b"data")) == b"data"


@pytest.mark.parametrize("path", ["../x", "/x", "x/../../x", "link/x"])
async def test_outside(layout: Layout, given: Path, path: str) -> None:
    """A layout outside the files folder is neither read nor written, and its folder is not made."""
    (given.parent / "link").symlink_to("..")
    target = Reference(Repository("", path), "one")
    for act in (layout.manifest, layout.delete_tag, partial(put, layout, image=ONE)):
        with pytest.raises(Forbidden, match="--files"):
            await act(target)
    assert not (given.parent.parent / "x").exists()


async def test_put(layout: Layout, files_folder: Path) -> None:
    """An image put into nothing makes a layout with that image and no other file."""
    await put(layout, at("x:one"), ONE)
    assert index(files_folder / "x") == [("one", ONE.digest)]
    blobs = [name.partition(":")[2] for name in (ONE.digest, *ONE.blobs)]
    assert names(files_folder) == sorted(["index.json", "oci-layout", *blobs])
    assert (await layout.manifest(at("x:one"))).body == ONE.manifest


async def test_put_index(layout: Layout, files_folder: Path) -> None:
    """Of an index only the index itself is listed; its children are blobs."""
    await put(layout, at("a/b/c:multi"), MULTI)
    assert index(files_folder / "a/b/c") == [("multi", MULTI.digest)]
    assert all(blob_path(files_folder / "a/b/c", child.digest).is_file() for child in MULTI.children)


async def test_put_replaces(layout: Layout, given: Path) -> None:
    """A tag that exists is moved; the manifest that it pointed at stays."""
    await put(layout, at("x:one"), TWO)
    assert sorted(index(given)) == [("multi", MULTI.digest), ("one", TWO.digest), ("two", TWO.digest)]
    assert (await layout.manifest(at(f"x@{ONE.digest}"))).body == ONE.manifest


async def test_put_without_tag(layout: Layout, files_folder: Path) -> None:
    """A reference without tag and digest puts the tag latest."""
    await put(layout, at("x"), ONE)
    assert index(files_folder / "x") == [("latest", ONE.digest)]


async def test_put_by_digest_and_tag(layout: Layout, files_folder: Path) -> None:
    """A reference with both sets the tag, if the digest is the manifest's."""
    await put(layout, at(f"x:one@{ONE.digest}"), ONE)
    with pytest.raises(Unverified, match="should have the digest"):
        await put(layout, at(f"x:one@{ONE.digest}"), TWO)
    assert index(files_folder / "x") == [("one", ONE.digest)]


async def test_put_by_another_digest(layout: Layout, files_folder: Path) -> None:
    """A manifest is stored under the digest that it is asked to have, whatever the algorithm."""
    target = at(f"x:one@{Digest.of(ONE.manifest, 'sha512')}")
    await put(layout, target, ONE)
    assert index(files_folder / "x") == [("one", str(target.digest))]
    assert (await layout.manifest(at("x:one"))).body == ONE.manifest


async def test_put_wrong_manifest(layout: Layout, files_folder: Path) -> None:
    """A manifest that has not the digest it claims is not stored."""
    wrong = Manifest(Descriptor(ONE.media_type, NOTHING, len(ONE.manifest)), ONE.manifest)
    with pytest.raises(Unverified):
        await layout.put_manifest(at("x:one"), wrong)
    assert names(files_folder) == []


async def test_put_into_other_folder(layout: Layout, files_folder: Path) -> None:
    """A folder with other files in it becomes a layout, and keeps them."""
    (files_folder / "notes").write_text("mine")
    await put(layout, at(".:one"), ONE)
    assert await layout.tags(Repository("", ".")) == ["one"]
    assert (files_folder / "notes").read_text() == "mine"


async def test_put_mends_blob(layout: Layout, given: Path) -> None:
    """A blob that is put again takes the place of a broken one."""
    name, data = next(iter(ONE.blobs.items()))
    blob_path(given, name).write_bytes(b"")
    await layout.put_blob(X, described(data), Bytes(data))
    assert blob_path(given, name).read_bytes() == data


@pytest.mark.parametrize("lie", [Descriptor("", NOTHING, 4), Descriptor("", Digest.of(b"data"), 5)])
async def test_put_wrong_blob(layout: Layout, given: Path, lie: Descriptor) -> None:
    """A blob that has not its digest or its size leaves nothing behind."""
    before = names(given)
    with pytest.raises(Unverified):
        await layout.put_blob(X, lie, Bytes(b"data"))
    assert names(given) == before


async def test_put_blob_cancelled(layout: Layout, given: Path) -> None:
    """A blob whose copy is cancelled leaves nothing behind, and no descriptor."""
    before = names(given), open_descriptors()
    with trio.CancelScope() as scope:

        async def cut_off() -> AsyncGenerator[bytes]:
            yield b"da"
            scope.cancel()
            await trio.lowlevel.checkpoint()

        await layout.put_blob(X, described(b"data"), Given(cut_off()))
    await layout.aclose()
    assert scope.cancelled_caught
    assert (names(given), open_descriptors()) == before


async def test_copy_blob(layout: Layout, given: Path, files_folder: Path) -> None:
    """A blob is copied from layout to layout; what is there is not touched."""
    name, data = next(iter(ONE.blobs.items()))
    descriptor, target = Descriptor("", Digest.parse(name), len(data)), Repository("", "y")
    await layout.copy_blob(descriptor, X, target)
    copied = blob_path(files_folder / "y", name)
    first = copied.stat().st_ino
    await layout.copy_blob(descriptor, X, target)
    assert (copied.read_bytes(), copied.stat().st_ino) == (data, first)


async def test_large_index(layout: Layout, given: Path) -> None:
    """An index.json that would be too large to be read again is not written."""
    document = json.loads((given / "index.json").read_bytes())
    body = json.dumps({**document, "x": "x" * (8 << 20)})[: (8 << 20) - 3] + '"}'
    (given / "index.json").write_text(body)
    with pytest.raises(RegistryError, match="at most"):
        await put(layout, at("x:a-long-tag-that-does-not-fit"), ONE)
    assert (given / "index.json").read_text() == body


async def test_delete_tag(layout: Layout, given: Path) -> None:
    """A tag is deleted, and nothing else: not the manifest, not another tag of it."""
    await put(layout, at("x:same"), ONE)
    before = names(given)
    await layout.delete_tag(at("x:one"))
    assert await layout.tags(X) == ["multi", "same", "two"]
    assert names(given) == before


async def test_delete_manifest(layout: Layout, given: Path) -> None:
    """A manifest is deleted with all its tags; its blobs stay."""
    await put(layout, at("x:same"), ONE)
    await layout.delete_manifest(at(f"x@{ONE.digest}"))
    assert await layout.tags(X) == ["multi", "two"]
    with pytest.raises(NotFound):
        await layout.manifest(at(f"x@{ONE.digest}"))
    assert all(blob_path(given, name).is_file() for name in ONE.blobs)


async def test_delete_child(layout: Layout, given: Path) -> None:
    """A manifest that index.json does not list is deleted, too."""
    child = MULTI.children[0].digest
    await layout.delete_manifest(at(f"x@{child}"))
    assert not blob_path(given, child).exists()
    assert await layout.tags(X) == ["multi", "one", "two"]


async def test_delete_broken(layout: Layout, given: Path) -> None:
    """A tag whose manifest is gone can be deleted by digest."""
    blob_path(given, ONE.digest).unlink()
    await layout.delete_manifest(at(f"x@{ONE.digest}"))
    assert await layout.tags(X) == ["multi", "two"]


async def test_delete_no_manifest(layout: Layout, given: Path) -> None:
    """A blob that is no manifest is not deleted as one."""
    for name in TWO.blobs:
        with pytest.raises(Unverified):
            await layout.delete_manifest(at(f"x@{name}"))
        assert blob_path(given, name).exists()


async def test_delete_unknown(layout: Layout, given: Path) -> None:
    """What is not there cannot be deleted, and the layout stays as it is."""
    before = (given / "index.json").read_bytes()
    for act, text in ((layout.delete_tag, "x:nothing"), (layout.delete_manifest, f"x@{NOTHING}")):
        with pytest.raises(NotFound, match="there is no"):
            await act(at(text))
    assert (given / "index.json").read_bytes() == before


async def test_delete_nameless(layout: Layout, given: Path) -> None:
    """To delete one has to say what: a tag is never guessed, and a manifest never meant by its tag."""
    with pytest.raises(RegistryError, match="which tag"):
        await layout.delete_tag(at("x"))
    with pytest.raises(RegistryError, match="by its digest"):
        await layout.delete_manifest(at("x:one"))


@pytest.mark.parametrize("act", ["delete_tag", "delete_manifest"])
async def test_delete_makes_nothing(layout: Layout, files_folder: Path, act: str) -> None:
    """Deleting from a layout that is not there makes none."""
    with pytest.raises(NotFound):
        await getattr(layout, act)(at(f"x:one@{NOTHING}"))
    assert names(files_folder) == []


async def test_many_writers(files_folder: Path) -> None:
    """Writers at once, each with a view of its own, lose none of each other's tags."""
    with Files(files_folder) as first, Files(files_folder) as second:
        layouts = (Layout(first), Layout(second))
        async with trio.open_nursery() as nursery:
            for number in range(30):
                nursery.start_soon(put, layouts[number % 2], at(f"x:{number}"), ONE)
    assert sorted(index(files_folder / "x")) == sorted((str(number), ONE.digest) for number in range(30))


async def test_waits_for_lock(layout: Layout, given: Path, files: Files) -> None:
    """A writer waits for the lock of the folder, can be cancelled meanwhile, and goes on when it is free."""
    with files.folder("x") as folder:
        assert folder.try_lock()
        with trio.move_on_after(0.1) as scope:
            await layout.delete_tag(at("x:one"))
        assert scope.cancelled_caught
        assert await layout.tags(X) == ["multi", "one", "two"]
    await layout.delete_tag(at("x:one"))
    assert await layout.tags(X) == ["multi", "two"]


async def test_descriptors(layout: Layout, given: Path) -> None:
    """Nothing that is done with a layout, rightly or wrongly, leaves a descriptor behind."""
    before = open_descriptors()
    name = next(iter(ONE.blobs))
    for text in ("x:one", "x:nothing", f"x@{NOTHING}", f"x@{name}", "nothing:x", "../x:x"):
        for act in (
            layout.manifest,
            layout.head,
            partial(put, layout, image=TWO),
            layout.delete_tag,
            layout.delete_manifest,
        ):
            with suppress(RegistryError):
                await act(at(text))
    for described_so in (Descriptor("", Digest.parse(name), 1), Descriptor("", NOTHING, 1)):
        with suppress(RegistryError):
            await content(layout, X, described_so)
    await layout.aclose()
    assert open_descriptors() == before


async def test_skopeo_reads(layout: Layout, files_folder: Path, tmp_path: Path, skopeo: Skopeo) -> None:
    """Skopeo copies what is written here: every byte of it is right."""
    await put(layout, at("x:one"), ONE)
    await put(layout, at("x:multi"), MULTI)
    for tag, image in (("one", ONE), ("multi", MULTI)):
        skopeo.copy(f"oci:{files_folder}/x:{tag}", f"oci:{tmp_path}/copy:{tag}")
        assert skopeo.digest(f"oci:{tmp_path}/copy:{tag}") == image.digest


async def test_skopeo_writes(layout: Layout, files_folder: Path, tmp_path: Path, skopeo: Skopeo) -> None:
    """What skopeo wrote is read here, all of it."""
    source = images.write_layout(tmp_path / "source", {"multi": MULTI})
    skopeo.copy(f"oci:{source}:multi", f"oci:{files_folder}/x:multi")
    manifest = await layout.manifest(at("x:multi"))
    assert manifest.body == MULTI.manifest
    for child in manifest.children:
        for blob in (await layout.manifest(at(f"x@{child.digest}"))).blobs:
            assert Digest.of(await content(layout, X, blob)) == blob.digest


async def test_skopeo_in_turn(layout: Layout, files_folder: Path, tmp_path: Path, skopeo: Skopeo) -> None:
    """Into one layout we and skopeo write in turn, and both keep what the other wrote."""
    source = images.write_layout(tmp_path / "source", {"one": ONE, "two": TWO})
    await put(layout, at("x:ours"), ONE)
    skopeo.copy(f"oci:{source}:two", f"oci:{files_folder}/x:theirs")
    await put(layout, at("x:again"), TWO)
    assert dict(index(files_folder / "x")) == {"ours": ONE.digest, "theirs": TWO.digest, "again": TWO.digest}


SUBJECT: Final = Digest.parse(ONE.digest)


def signature(text: str, kind: str = "text/x") -> Manifest:
    """Return a manifest that refers to ONE."""
    subject = ONE.descriptor()
    empty = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": str(Digest.of(b"{}")), "size": 2}
    tree = {
        "schemaVersion": 2,
        "artifactType": kind,
        "config": empty,
        "layers": [],
        "subject": subject,
        "annotations": {"n": text},
    }
    return Manifest.read(json.dumps(tree).encode())


async def test_referrers(layout: Layout, given: Path) -> None:
    """What refers to a manifest is listed with its type and annotations, all of it or one type."""
    for each in (signature("a"), signature("b"), signature("c", "text/y"), signature("a")):
        await layout.put_manifest(X_ONE.at(each.descriptor.digest), each)
    found = await layout.referrers(X_ONE.at(SUBJECT))
    assert [dict(each.annotations)["n"] for each in found] == ["a", "b", "c"]
    assert await layout.referrers(X_ONE.at(SUBJECT), artifact_type="text/y") == found[2:]


async def test_no_referrers(layout: Layout, given: Path) -> None:
    """Where nothing refers to a manifest, or there is none, the list is empty."""
    assert await layout.referrers(X_ONE.at(SUBJECT)) == await layout.referrers(X_ONE.at(NOTHING)) == []


async def test_deleted_referrer(layout: Layout, given: Path) -> None:
    """A referrer that is deleted is no longer listed; with the last one goes the list."""
    one, two = signature("a"), signature("b")
    for each in (one, two):
        await layout.put_manifest(X_ONE.at(each.descriptor.digest), each)
    await layout.delete_manifest(X_ONE.at(one.descriptor.digest))
    assert [each.digest for each in await layout.referrers(X_ONE.at(SUBJECT))] == [two.descriptor.digest]
    await layout.delete_manifest(X_ONE.at(two.descriptor.digest))
    assert await layout.tags(X) == ["multi", "one", "two"]


async def test_referrers_stay(layout: Layout, given: Path) -> None:
    """What refers to a manifest is no garbage."""
    each = signature("a")
    await layout.put_manifest(X_ONE.at(each.descriptor.digest), each)
    await layout.aclose()
    assert (await layout.manifest(X_ONE.at(each.descriptor.digest))).body == each.body


async def test_subject_without_digest(layout: Layout) -> None:
    """Only a digest has referrers."""
    with pytest.raises(InvalidText, match="it needs a digest"):
        await layout.referrers(X_ONE)


async def test_blob_head(layout: Layout, given: Path) -> None:
    """A blob's size is known without reading it, and one that is not there is an error."""
    name, data = next(iter(ONE.blobs.items()))
    assert (await layout.blob_head(X, Digest.parse(name))).size == len(data)
    with pytest.raises(NotFound):
        await layout.blob_head(X, NOTHING)
