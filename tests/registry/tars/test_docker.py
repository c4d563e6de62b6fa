from __future__ import annotations

import bz2
import gzip
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from regbot.registry.copying.tree import MAX_PARTS
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.files.files import Files
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.layouts.layout import Layout
from regbot.registry.reference import Reference
from regbot.registry.registries import Registries
from regbot.registry.tars.tar_import import load
from tests import images
from tests.registry.tars.archives import link, member, of_files, saved, tar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.registry.manifest import Manifest
    from tests.docker_registry import DockerRegistry
    from tests.skopeo import Skopeo

ONE: Final = images.image(kind="docker", layers=[b"one", b"two"], labels={"kind": "saved"})
TARGET: Final = Reference.parse("ocidir://out:v1")
SAVED: Final = saved(ONE)
LAYERS: Final = list(SAVED)[:2]
CONFIG: Final = list(SAVED)[2]
ZSTD: Final = bytes.fromhex("28b52ffd045821000064617461a31d2d55")


@pytest.fixture
def files(files_folder: Path) -> Iterator[Files]:
    """Open a files folder."""
    with Files(files_folder) as opened:
        yield opened


async def loaded(files: Files, data: bytes, target: Reference = TARGET) -> Manifest:
    """Return what an archive becomes in a layout."""
    Path(files.root, "x.tar").write_bytes(data)
    digest = await load(Layout(files), target, files, "x.tar")
    manifest = await Layout(files).manifest(target)
    assert manifest.descriptor.digest == digest
    return manifest


def blob(files: Files, digest: object) -> bytes:
    """Return a blob of the target."""
    return Path(files.root, "out/blobs", str(digest).replace(":", "/")).read_bytes()


async def test_image(files: Files) -> None:
    """The config stays as it is, and layers become gzip in an image of Docker's schema 2."""
    manifest = await loaded(files, of_files(SAVED))
    types = images.TYPES["docker"]
    assert manifest.config is not None
    assert manifest.tree["schemaVersion"] == 2
    assert (manifest.tree["mediaType"], manifest.config.media_type) == (types["manifest"], types["config"])
    assert str(manifest.config.digest) == next(iter(ONE.blobs))
    assert [layer.media_type for layer in manifest.layers] == [types["layer"]] * 2
    assert [gzip.decompress(blob(files, layer.digest)) for layer in manifest.layers] == list(SAVED.values())[:2]


async def test_same_digest(files: Files) -> None:
    """An archive becomes the same image each time, in whatever order its members are and however it is packed."""
    first = await loaded(files, of_files(SAVED))
    second = await loaded(files, gzip.compress(of_files(dict(reversed(SAVED.items())))))
    assert first == second


async def test_real_registry(files: Files, files_folder: Path, registry: DockerRegistry, skopeo: Skopeo) -> None:
    """A registry takes the image, every part once and the tag last, and skopeo reads all of it."""
    (files_folder / "x.tar").write_bytes(of_files(SAVED))
    target = Reference.parse(f"{registry.host}/team/app:v1")
    async with Registries(Hosts([Host(registry.host, tls=Tls.DISABLED)]), files=files, user_agent="") as registries:
        digest = await load(registries, target, files, "x.tar")
    asked = [method for method, _, _ in registry.requests()]
    assert asked == ["HEAD", "POST", "PUT"] * 3 + ["PUT"]
    assert skopeo.digest(str(target)) == str(digest)
    skopeo.copy(str(target), f"docker-archive:{files_folder}/again.tar:x:y")


async def test_from_skopeo(files: Files, files_folder: Path, registry: DockerRegistry, skopeo: Skopeo) -> None:
    """What skopeo archives for Docker is read, with its links."""
    images.push(registry, "team/app", "v1", ONE)
    skopeo("copy", f"docker://{registry.host}/team/app:v1", f"docker-archive:{files_folder}/s.tar:example.org/app:v3")
    manifest = await loaded(files, (files_folder / "s.tar").read_bytes())
    assert str(manifest.config and manifest.config.digest) == next(iter(ONE.blobs))


async def test_linked_layers(files: Files) -> None:
    """A layer may be a link to another image's, as older versions saved what images share."""
    first, second = LAYERS
    members = [link(first, f"../{second}"), *(member(name, data) for name, data in SAVED.items() if name != first)]
    config = {"rootfs": {"diff_ids": [images.digest(SAVED[second])] * 2}}
    entry = {"Config": "config.json", "RepoTags": None, "Layers": LAYERS}
    lists = {"config.json": json.dumps(config).encode(), "manifest.json": json.dumps([entry]).encode()}
    manifest = await loaded(files, tar(members + [member(*item) for item in lists.items()]))
    assert manifest.layers[0] == manifest.layers[1]


@pytest.mark.parametrize(("packed", "kind"), [(gzip.compress(b"data" * 100, mtime=0), "gzip"), (ZSTD, "zstd")])
async def test_compressed_layer(files: Files, packed: bytes, kind: str) -> None:
    """A layer that is compressed is taken as it is."""
    manifest = await loaded(files, of_files({**SAVED, LAYERS[0]: packed}))
    assert manifest.layers[0].media_type == f"application/vnd.docker.image.rootfs.diff.tar.{kind}"
    assert blob(files, manifest.layers[0].digest) == packed


async def test_bomb(files: Files) -> None:
    """A layer that is a bomb stays one: nobody unpacks it here."""
    bomb = gzip.compress(bytes(64 << 20), 9)
    manifest = await loaded(files, of_files({**SAVED, LAYERS[0]: bomb}))
    assert manifest.layers[0].size == len(bomb)


async def test_large_layers(files: Files) -> None:
    """Layers of more than a piece pass whole, compressed or not; an empty one does, too."""
    data = hashlib.shake_256(b"data").digest(3_000_000)
    layers = {"a": data, "b": gzip.compress(data), "c": b""}
    config = json.dumps({"rootfs": {"diff_ids": [images.digest(each) for each in layers.values()]}}).encode()
    entry = {"Config": "config.json", "Layers": list(layers)}
    lists = {"manifest.json": json.dumps([entry]).encode(), "config.json": config}
    manifest = await loaded(files, of_files({**layers, **lists}))
    assert [gzip.decompress(blob(files, layer.digest)) for layer in manifest.layers] == [data, data, b""]


@pytest.mark.parametrize("entry", [{"Layers": None, "RepoTags": None}, {"Layers": []}, {}])
@pytest.mark.parametrize("rootfs", [{"type": "layers", "diff_ids": None}, {"type": "layers"}])
async def test_no_layers(files: Files, entry: dict[str, object], rootfs: dict[str, object]) -> None:
    """An image without layers is one: Go writes null for an empty list."""
    lists = {"config.json": {"rootfs": rootfs}, "manifest.json": [{"Config": "config.json", **entry}]}
    manifest = await loaded(files, of_files({name: json.dumps(tree).encode() for name, tree in lists.items()}))
    assert manifest.tree["layers"] == []


TWO: Final = {**saved(images.image(layers=[b"other"])), **SAVED}


def both(*names: object) -> bytes:
    """Return the archive of two images of those names."""
    entries = [
        *json.loads(saved(images.image(layers=[b"other"]))["manifest.json"]),
        *json.loads(SAVED["manifest.json"]),
    ]
    for entry, name in zip(entries, names, strict=True):
        entry["RepoTags"] = name
    return of_files({**TWO, "manifest.json": json.dumps(entries).encode()})


@pytest.mark.parametrize("names", [(["x:v2"], ["y:v1"]), (["x:v1"], ["localhost/out:v1", "z"]), (None, ["v1"])])
async def test_which(files: Files, names: tuple[object, object]) -> None:
    """Of several images it is the one that is called like the target."""
    manifest = await loaded(files, both(*names))
    assert str(manifest.config and manifest.config.digest) == next(iter(ONE.blobs))


async def test_none_of_several(files: Files) -> None:
    """Where none of several is meant it is told what there is."""
    with pytest.raises(NotFound, match="there are: x:v2, y:v3"):
        await loaded(files, both(["x:v2"], ["y:v3"]))


def changed(**entry: object) -> dict[str, bytes]:
    """Return SAVED with another entry in its list."""
    entries = json.loads(SAVED["manifest.json"])
    return {"manifest.json": json.dumps([{**entries[0], **entry}]).encode()}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"manifest.json": b"{}"}, "is no JSON array"),
        ({"manifest.json": b"[]"}, "holds no image"),
        ({"manifest.json": b"[1]"}, "is not what `docker save` writes"),
        ({"manifest.json": b"[{}]"}, "is not what `docker save` writes"),
        (changed(Layers={"a": 1}), "is not what `docker save` writes"),
        (changed(Layers=None), "names 0 layers, and the config 2"),
        (changed(Layers=[1]), "is not what `docker save` writes"),
        (changed(RepoTags="x"), "is not what `docker save` writes"),
        (changed(Layers=LAYERS[:1]), "names 1 layers, and the config 2"),
        (changed(Layers=[LAYERS[1], LAYERS[0]]), "should have the digest"),
        (changed(Layers=["../x.tar", LAYERS[0]]), 'has no "../x.tar"'),
        (changed(Layers=["/etc/passwd", LAYERS[0]]), 'has no "/etc/passwd"'),
        (changed(Config="/etc/passwd"), 'has no "/etc/passwd"'),
        ({CONFIG: b"{}"}, "names 2 layers, and the config 0"),
        ({CONFIG: b"[]"}, "is no JSON object"),
        ({CONFIG: b'{"rootfs": {"diff_ids": [1, 2]}}'}, "is not what `docker save` writes"),
        ({CONFIG: b" " * (9 << 20)}, "at most 8388608 are read"),
        ({LAYERS[0]: b"evil"}, f'"{LAYERS[0]}" in "x.tar" should have the digest'),
        ({LAYERS[0]: bz2.compress(b"x")}, "compressed by bzip2, which no registry takes"),
    ],
)
async def test_refused(files: Files, change: dict[str, bytes], why: str) -> None:
    """What is wrong with an archive is told, and there is no image then."""
    with pytest.raises(RegistryError, match=why):
        await loaded(files, of_files({**SAVED, **change}))
    with pytest.raises(NotFound):
        await Layout(files).head(TARGET)


async def test_many_layers(files: Files) -> None:
    """An image of more layers than any has is given up before any is put."""
    number = MAX_PARTS + 1
    config = json.dumps({"rootfs": {"diff_ids": ["x"] * number}}).encode()
    with pytest.raises(Unverified, match=f"more than {MAX_PARTS} layers"):
        await loaded(files, of_files({**SAVED, **changed(Layers=["a"] * number), CONFIG: config}))


async def test_other_digest(files: Files) -> None:
    """A target that names a digest gets no other image."""
    with pytest.raises(Unverified, match="and not what"):
        await loaded(files, of_files(SAVED), Reference.parse(f"ocidir://out:v1@{ONE.digest}"))


async def test_nothing_is_left(files: Files, files_folder: Path) -> None:
    """Nothing is left beside the archive."""
    await loaded(files, of_files(SAVED))
    assert sorted(item.name for item in files_folder.iterdir()) == ["out", "x.tar"]
