from __future__ import annotations

import gzip
import json
import tracemalloc
from typing import TYPE_CHECKING, Any, Final

import pytest
import trio

from regbot.registry.copying.tree import MAX_DEPTH, MAX_PARTS
from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.files.files import Files
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.layouts.layout import Layout
from regbot.registry.reference import Reference
from regbot.registry.registries import Registries
from regbot.registry.tars.tar_export import export
from regbot.registry.tars.tar_import import load
from tests import images
from tests.registry.tars.archives import blobs, layout, of_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.reference import Repository
    from tests.docker_registry import DockerRegistry
    from tests.images import Image
    from tests.skopeo import Skopeo

ONE: Final = images.image(layers=[b"one", b"two", b"one"])
TWO: Final = images.image(layers=[b"two"])
DOCKER: Final = images.image(kind="docker")
MULTI: Final = images.platforms("linux/amd64", "linux/arm64/v8")
NESTED: Final = images.index({"linux/amd64": MULTI, "linux/s390x": MULTI})
TARGET: Final = Reference.parse("ocidir://out:v1")


@pytest.fixture
def files(files_folder: Path) -> Iterator[Files]:
    """Open a files folder."""
    with Files(files_folder) as opened:
        yield opened


def through(registry: DockerRegistry, files: Files) -> Registries:
    """Return a way to a registry."""
    return Registries(Hosts([Host(registry.host, tls=Tls.DISABLED)]), files=files, user_agent="regbot/test")


async def tags(files: Files) -> list[str]:
    """Return the tags of the target's layout."""
    try:
        return await Layout(files).tags(TARGET.repository)
    except NotFound:
        return []


@pytest.mark.parametrize("image", [ONE, DOCKER, MULTI, NESTED], ids=["oci", "docker", "index", "nested"])
async def test_bytes_are_kept(
    files: Files, files_folder: Path, registry: DockerRegistry, skopeo: Skopeo, image: Image
) -> None:
    """An image arrives in a registry with the digest that it had, and all of it."""
    (files_folder / "x.tar").write_bytes(of_files(layout({"other": image})))
    target = Reference.parse(f"{registry.host}/team/app:v1")
    async with through(registry, files) as registries:
        assert str(await load(registries, target, files, "x.tar")) == image.digest
    assert skopeo.tags(str(target.repository)) == {"v1"}
    if image is not NESTED:  # that skopeo does not copy; the registry has looked for the parts of it
        skopeo.copy(str(target), f"dir:{files_folder}/dir")
    assert skopeo.digest(str(target)) == image.digest


async def test_requests(files: Files, files_folder: Path, registry: DockerRegistry) -> None:
    """Every part is asked for once and sent once, the tag last; what is there already costs one request."""
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": ONE})))
    target = Reference.parse(f"{registry.host}/team/app:v1")
    async with through(registry, files) as registries:
        for _ in range(2):
            await load(registries, target, files, "x.tar")
    found = [method for method, _, _ in registry.requests()]
    assert sorted(found[:-2]) == ["HEAD"] * 4 + ["POST"] * 3 + ["PUT"] * 3
    assert found[-2:] == ["PUT", "HEAD"]


@pytest.mark.parametrize("order", ["first", "last", "reversed", "dotted", "gzip"])
async def test_forms(files: Files, files_folder: Path, order: str) -> None:
    """Members may come in any order and with ./ before them, and the whole may be compressed."""
    found = layout({"v1": MULTI})
    items = list(found.items())
    orders = {"last": items[2:] + items[:2], "reversed": items[::-1]}
    data = of_files({("./" if order == "dotted" else "") + name: body for name, body in orders.get(order, items)})
    (files_folder / "x.tar").write_bytes(gzip.compress(data) if order == "gzip" else data)
    assert str(await load(Layout(files), TARGET, files, "x.tar")) == MULTI.digest
    assert sorted(item.name for item in files_folder.iterdir()) == ["out", "x.tar"]


@pytest.mark.parametrize("image", [ONE, MULTI])
async def test_round_trip(files: Files, files_folder: Path, image: Image) -> None:
    """What was exported is imported, and exported again as the same file."""
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": image})))
    for name in ("a.tar", "b.tar"):
        await load(Layout(files), TARGET, files, "x.tar" if name == "a.tar" else "a.tar")
        await export(Layout(files), TARGET, files, name)
    assert (files_folder / "a.tar").read_bytes() == (files_folder / "b.tar").read_bytes()


@pytest.mark.parametrize("image", [ONE, MULTI])
async def test_from_skopeo(
    files: Files, files_folder: Path, registry: DockerRegistry, skopeo: Skopeo, image: Image
) -> None:
    """What skopeo archives is read."""
    images.push(registry, "team/app", "v1", image)
    skopeo.copy(f"{registry.host}/team/app:v1", f"oci-archive:{files_folder}/x.tar:other")
    async with through(registry, files) as registries:
        await load(registries, Reference.parse(f"{registry.host}/back:v2"), files, "x.tar")
    assert skopeo.digest(f"{registry.host}/back:v2") == image.digest


@pytest.mark.parametrize(("target", "image"), [("v1", ONE), ("v2", TWO), (f"v9@{TWO.digest}", TWO)])
async def test_which(files: Files, files_folder: Path, target: str, image: Image) -> None:
    """Of several images it is the one with the target's tag, or digest."""
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": ONE, "v2": TWO})))
    assert str(await load(Layout(files), Reference.parse(f"ocidir://out:{target}"), files, "x.tar")) == image.digest


async def test_none_of_several(files: Files, files_folder: Path) -> None:
    """Where none of several is meant it is told what there is, and nothing is done."""
    (files_folder / "x.tar").write_bytes(of_files(layout({"v2": ONE, "v3": TWO})))
    with pytest.raises(NotFound, match=r'"x\.tar" holds 2 images, .* called v1; there are: v2, v3'):
        await load(Layout(files), TARGET, files, "x.tar")
    assert await tags(files) == []


async def test_two_names(files: Files, files_folder: Path) -> None:
    """An image with several names is one image."""
    (files_folder / "x.tar").write_bytes(of_files(layout({"v2": ONE, "v3": ONE})))
    assert str(await load(Layout(files), TARGET, files, "x.tar")) == ONE.digest


async def test_other_digest(files: Files, files_folder: Path) -> None:
    """A target that names a digest gets no other image."""
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": ONE})))
    with pytest.raises(Unverified, match=f'"x.tar" is {ONE.digest}, and not'):
        await load(Layout(files), Reference.parse(f"ocidir://out:v1@{TWO.digest}"), files, "x.tar")
    assert await tags(files) == []


async def test_no_name_of_target(files: Files, files_folder: Path) -> None:
    """A layout's reference without a tag means latest, here too."""
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": ONE})))
    await load(Layout(files), Reference(TARGET.repository), files, "x.tar")
    assert await tags(files) == ["latest"]


def changed(files: dict[str, bytes], place: str, data: bytes | None) -> dict[str, bytes]:
    """Return the files of an archive with one changed, or without it."""
    name = next(name for name in files if place in name)
    return {key: body for key, body in {**files, name: data}.items() if body is not None}


FILES: Final = layout({"v1": MULTI})
CHILD: Final = MULTI.children[1]
LAYER: Final = list(CHILD.blobs)[1]
INDEX: Final = json.loads(FILES["index.json"])


def listing(**changes: object) -> bytes:
    """Return an index.json of one entry with something else in it."""
    return json.dumps({"manifests": [{**INDEX["manifests"][0], **changes}]}).encode()


@pytest.mark.parametrize(
    ("place", "data", "why"),
    [
        (LAYER[7:], CHILD.blobs[LAYER][:-1] + b"x", f'"blobs/sha256/{LAYER[7:]}" in "x.tar" should have the digest'),
        (LAYER[7:], CHILD.blobs[LAYER] + b"x", "bytes instead of"),
        (LAYER[7:], None, f'"x.tar" has no blobs/sha256/{LAYER[7:]}, a part of its image'),
        (CHILD.digest[7:], ONE.manifest, "should have the digest"),
        (CHILD.digest[7:], b" " * (9 << 20), "at most 8388608 are read"),
        (MULTI.digest[7:], None, "has no"),
        (MULTI.digest[7:], b"[]", "should have the digest"),
        ("index.json", b"{}", "lists no manifests"),
        ("index.json", b'{"manifests": []}', "holds no image"),
        ("index.json", b'{"manifests": [1]}', 'an image in "x.tar" is no object'),
        ("index.json", b"<html>", 'index.json in "x.tar" is no JSON'),
        ("index.json", b"[" * 100_000, "is no JSON"),
        ("index.json", b"[" + b"0," * 300_000 + b"0]", "more than 250000 values"),
        ("index.json", b" " * (9 << 20), '"index.json" in "x.tar" has 9437184 bytes; at most 8388608 are read'),
        ("index.json", listing(digest="sha256:../../../../etc/passwd"), "has no digest"),
        ("index.json", listing(digest="md5:" + "0" * 32), "has no"),
        ("index.json", listing(mediaType=images.TYPES["oci"]["manifest"]), "and calls itself"),
        ("oci-layout", b'{"imageLayoutVersion": "2.0.0"}', "a layout of version 2.0.0"),
        ("oci-layout", b" " * 5000, "at most 4096 are read"),
    ],
)
async def test_refused(files: Files, files_folder: Path, place: str, data: bytes | None, why: str) -> None:
    """What is wrong with an archive is told, and the tag stays what it was."""
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": ONE})))
    await load(Layout(files), TARGET, files, "x.tar")
    (files_folder / "x.tar").write_bytes(of_files(changed(FILES, place, data)))
    with pytest.raises(RegistryError, match=why.replace(".", r"\.")):
        await load(Layout(files), TARGET, files, "x.tar")
    assert str((await Layout(files).head(TARGET)).descriptor.digest) == ONE.digest


async def test_wrong_blob(files: Files, files_folder: Path, registry: DockerRegistry) -> None:
    """A blob that is not what it is called reaches no registry: its upload is given up, and the tag is not set."""
    data = CHILD.blobs[LAYER][:-1] + b"x"
    (files_folder / "x.tar").write_bytes(of_files(changed(FILES, LAYER[7:], data)))
    target = Reference.parse(f"{registry.host}/team/app:v1")
    async with through(registry, files) as registries:
        with pytest.raises(Unverified, match=f'"blobs/sha256/{LAYER[7:]}" in "x.tar" should have the digest'):
            await load(registries, target, files, "x.tar")
        assert not await registries.has_blob(target.repository, Digest.of(data))
        assert not await registries.has_blob(target.repository, Digest.parse(LAYER))
        with pytest.raises(NotFound):
            await registries.head(target)
    assert "DELETE" in {method for method, _, _ in registry.requests()}


@pytest.mark.parametrize(
    "data", [b"", b"<html>" * 1000, of_files({}), of_files({"a": b"b"}), gzip.compress(b"", mtime=0)]
)
async def test_no_image(files: Files, files_folder: Path, data: bytes) -> None:
    """A file that is no archive, or one of no image, is refused."""
    (files_folder / "x.tar").write_bytes(data)
    with pytest.raises(RegistryError, match=r"holds no image: it has neither|is no whole tar file"):
        await load(Layout(files), TARGET, files, "x.tar")


async def test_no_marker(files: Files, files_folder: Path) -> None:
    """An archive without oci-layout is good all the same: index.json tells enough."""
    (files_folder / "x.tar").write_bytes(of_files(changed(FILES, "oci-layout", None)))
    assert str(await load(Layout(files), TARGET, files, "x.tar")) == MULTI.digest


async def test_both_lists(files: Files, files_folder: Path) -> None:
    """Where an archive has the lists of both kinds, index.json counts: it keeps the bytes."""
    (files_folder / "x.tar").write_bytes(of_files({"manifest.json": b"never read", **layout({"v1": ONE})}))
    assert str(await load(Layout(files), TARGET, files, "x.tar")) == ONE.digest


async def test_what_is_there(files: Files, files_folder: Path) -> None:
    """What the target has already need not be in the archive."""
    (files_folder / "x.tar").write_bytes(of_files(FILES))
    await load(Layout(files), TARGET, files, "x.tar")
    few = {
        name: data for name, data in FILES.items() if name in {"index.json", "oci-layout"} or MULTI.digest[7:] in name
    }
    (files_folder / "x.tar").write_bytes(of_files(few))
    assert str(await load(Layout(files), Reference.parse("ocidir://out:v2"), files, "x.tar")) == MULTI.digest


async def test_shared_layer(files: Files, files_folder: Path) -> None:
    """Nor need a blob be there that the target has from another image."""
    for name, image in {"x.tar": ONE, "y.tar": TWO}.items():
        found = layout({"v1": image})
        if image is TWO:
            assert list(TWO.blobs)[1] in ONE.blobs
            found = changed(found, list(TWO.blobs)[1][7:], None)
        (files_folder / name).write_bytes(of_files(found))
        assert str(await load(Layout(files), TARGET, files, name)) == image.digest


def image_of(*layers: dict[str, object], blobs: dict[str, bytes]) -> Image:
    """Return an image with those layers."""
    manifest = {**json.loads(ONE.manifest), "layers": list(layers)}
    return images.Image(ONE.media_type, json.dumps(manifest).encode(), {**ONE.blobs, **blobs})


def entry(data: bytes, media_type: str = images.TYPES["oci"]["layer"], **more: object) -> dict[str, Any]:
    """Return a descriptor."""
    return {"mediaType": media_type, "digest": images.digest(data), "size": len(data), **more}


@pytest.mark.parametrize("there", [False, True])
async def test_external_layer(files: Files, files_folder: Path, *, there: bool) -> None:
    """A layer that is to be had elsewhere may be missing; where it is there, it is put."""
    described = entry(b"layer", urls=["https://example.org/layer"])
    image = image_of(described, blobs={described["digest"]: b"layer"} if there else {})
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": image})))
    assert str(await load(Layout(files), TARGET, files, "x.tar")) == image.digest
    assert (files_folder / "out/blobs/sha256" / described["digest"][7:]).exists() is there


@pytest.mark.parametrize("media_type", [images.TYPES["oci"]["layer"], "application/octet-stream"])
async def test_index_of_blobs(files: Files, files_folder: Path, media_type: str) -> None:
    """What an index lists and is no manifest is a blob: caches of builders are such indexes."""
    body = json.dumps({"schemaVersion": 2, "manifests": [entry(b"layer", media_type)]}).encode()
    image = images.Image(images.TYPES["oci"]["index"], body, {images.digest(b"layer"): b"layer"})
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": image})))
    assert str(await load(Layout(files), TARGET, files, "x.tar")) == image.digest


async def test_manifest_of_other_type(files: Files, files_folder: Path) -> None:
    """What an index lists by a type that nobody knows is a manifest if it can be read as one."""
    listed = {**ONE.descriptor(), "mediaType": "application/vnd.example"}
    body = json.dumps({"schemaVersion": 2, "manifests": [listed]}).encode()
    image = images.Image(images.TYPES["oci"]["index"], body, {}, (ONE,))
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": image})))
    await load(Layout(files), TARGET, files, "x.tar")
    assert all((files_folder / "out" / name).exists() for name in blobs(ONE))


async def test_schema_1(files: Files, files_folder: Path) -> None:
    """An image of schema 1 comes out of no archive."""
    old = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    image = images.Image(old, json.dumps({"schemaVersion": 1, "mediaType": old}).encode(), {})
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": image})))
    with pytest.raises(RegistryError, match="schema 1"):
        await load(Layout(files), TARGET, files, "x.tar")


async def test_deep(files: Files, files_folder: Path) -> None:
    """Indexes in one another are followed so far and no farther."""
    deep = [ONE]
    for _ in range(MAX_DEPTH):
        deep.append(images.index({"linux/amd64": deep[-1]}))
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": deep[-2], "v2": deep[-1]})))
    await load(Layout(files), TARGET, files, "x.tar")
    with pytest.raises(Unverified, match=f"deeper than {MAX_DEPTH}"):
        await load(Layout(files), Reference.parse("ocidir://other:v2"), files, "x.tar")


async def test_many_parts(files: Files, files_folder: Path) -> None:
    """An image of more parts than any has is given up before any is put."""
    image = image_of(*(entry(b"%d" % number) for number in range(MAX_PARTS + 1)), blobs={})
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": image})))
    with pytest.raises(Unverified, match=f"more than {MAX_PARTS} parts"):
        await load(Layout(files), TARGET, files, "x.tar")


class Cancelling(Layout):
    """A layout that is cancelled when a blob comes."""

    scope: trio.CancelScope

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> bool:
        """Begin, too late."""
        self.scope.cancel()
        return await super().put_blob(repository, descriptor, content)


async def test_cancelled(files: Files, files_folder: Path) -> None:
    """An import that is cancelled sets no tag."""
    (files_folder / "x.tar").write_bytes(of_files(layout({"v1": ONE})))
    cancelling = Cancelling(files)
    with trio.CancelScope() as cancelling.scope:
        await load(cancelling, TARGET, files, "x.tar")
    assert cancelling.scope.cancelled_caught
    assert await tags(files) == []


async def test_large_layer(files: Files, files_folder: Path) -> None:
    """A layer of any size passes through little memory, out of a compressed archive too."""
    data = b"x" * (64 << 20)
    image = image_of(entry(data), blobs={images.digest(data): data})
    (files_folder / "x.tar").write_bytes(gzip.compress(of_files(layout({"v1": image})), 1))
    del data, image
    tracemalloc.start()
    await load(Layout(files), TARGET, files, "x.tar")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20
