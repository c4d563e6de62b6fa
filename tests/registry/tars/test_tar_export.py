from __future__ import annotations

import hashlib
import json
import tarfile
import tracemalloc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
import trio

from regbot.registry.copying.tree import MAX_DEPTH, MAX_PARTS
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.files.files import Files
from regbot.registry.held import Held
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.layouts.layout import Layout
from regbot.registry.reference import Reference
from regbot.registry.registries import Registries
from regbot.registry.tars.tar_export import export
from tests import images

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from regbot.registry.descriptor import Descriptor
    from regbot.registry.reference import Repository
    from tests.docker_registry import DockerRegistry
    from tests.images import Image
    from tests.skopeo import Skopeo

ONE: Final = images.image(layers=[b"one", b"two", b"one"])
DOCKER: Final = images.image(kind="docker")
MULTI: Final = images.platforms("linux/amd64", "linux/arm64/v8")
LISTS: Final = ["oci-layout", "index.json", "manifest.json"]


@pytest.fixture
def files(files_folder: Path) -> Iterator[Files]:
    """Open a files folder with the layout x."""
    tags = {
        "one": ONE,
        "docker": DOCKER,
        "multi": MULTI,
        "nested": images.index({"linux/amd64": MULTI, "linux/s390x": MULTI}),
    }
    images.write_layout(files_folder / "x", tags)
    with Files(files_folder) as opened:
        yield opened


def at(tag: str) -> Reference:
    """Return the reference of a tag in the layout x."""
    return Reference.parse(f"ocidir://x:{tag}")


def paths(*found: Image) -> list[str]:
    """Return where images lie in an archive, each before what is in it."""
    names: dict[str, None] = {}
    for image in found:
        names |= dict.fromkeys([image.digest], None)
        names |= dict.fromkeys(paths(*image.children))
        names |= dict.fromkeys(image.blobs)
    return ["blobs/" + name.removeprefix("blobs/").replace(":", "/") for name in names]


def contents(path: Path) -> dict[str, bytes]:
    """Return the files of an archive by name, as tarfile reads them; each is there once."""
    with tarfile.open(path) as archive:
        found = [(info.name, archive.extractfile(info)) for info in archive]
        assert len(dict(found)) == len(found)
        return {name: file.read() for name, file in found if file is not None}


def lists(path: Path) -> tuple[Any, Any]:
    """Return what index.json and manifest.json say, None where there is none."""
    files = contents(path)
    return json.loads(files["index.json"]), json.loads(files.get("manifest.json", b"null"))


def names(folder: Path) -> set[str]:
    """Return what is in a folder beside the layout x."""
    return {item.name for item in folder.iterdir()} - {"x"}


async def test_image(files: Files, files_folder: Path) -> None:
    """An image becomes a layout with Docker's list: each blob once, byte for byte, in the order of the manifest."""
    await export(Layout(files), at("one"), files, "one.tar")
    found = contents(files_folder / "one.tar")
    assert list(found) == [*LISTS, *paths(ONE)]
    assert json.loads(found["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    assert all(hashlib.sha256(data).hexdigest() == name[13:] for name, data in found.items() if name not in LISTS)


async def test_lists(files: Files, files_folder: Path) -> None:
    """index.json and manifest.json name the image as containerd and Docker want it, layers as often as they are."""
    await export(Layout(files), at("one"), files, "one.tar")
    index, docker = lists(files_folder / "one.tar")
    annotations = {"io.containerd.image.name": "localhost/x:one", "org.opencontainers.image.ref.name": "one"}
    assert index == {"schemaVersion": 2, "manifests": [{**ONE.descriptor(), "annotations": annotations}]}
    manifest = json.loads(ONE.manifest)
    places = ["blobs/" + each["digest"].replace(":", "/") for each in (manifest["config"], *manifest["layers"])]
    assert docker == [{"Config": places[0], "RepoTags": ["localhost/x:one"], "Layers": places[1:]}]


@pytest.mark.parametrize(("tag", "image"), [("multi", MULTI), ("nested", None)])
async def test_index(files: Files, files_folder: Path, tag: str, image: Image | None) -> None:
    """An index comes with all that is in it, in others too, and without Docker's list."""
    await export(Layout(files), at(tag), files, "x.tar")
    found = list(contents(files_folder / "x.tar"))
    assert found[:2] == LISTS[:2]
    assert found[-len(paths(MULTI)) :] == paths(MULTI)
    assert len(found) == len(paths(MULTI)) + (2 if image else 3)


async def test_by_digest(files: Files, files_folder: Path) -> None:
    """What is named by its digest gets no tag, and nothing that Docker would take for one."""
    await export(Layout(files), Reference.parse(f"ocidir://x@{ONE.digest}"), files, "one.tar")
    index, docker = lists(files_folder / "one.tar")
    assert index["manifests"][0]["annotations"] == {"io.containerd.image.name": f"localhost/x@{ONE.digest}"}
    assert docker[0]["RepoTags"] == []


async def test_same_bytes(files: Files, files_folder: Path) -> None:
    """Two exports of one image are the same file, which belongs to nobody and was written never."""
    for name in ("one.tar", "two.tar"):
        await export(Layout(files), at("multi"), files, name)
    assert (files_folder / "one.tar").read_bytes() == (files_folder / "two.tar").read_bytes()
    with tarfile.open(files_folder / "one.tar") as archive:
        assert {(info.mtime, info.uid, info.gid, info.uname, info.mode) for info in archive} == {(0, 0, 0, "", 0o644)}


@pytest.mark.parametrize("tag", ["one", "docker", "multi"])
async def test_skopeo_reads(
    files: Files, files_folder: Path, skopeo: Skopeo, registry: DockerRegistry, tag: str
) -> None:
    """Skopeo finds in an export what was exported, as a layout and, of an image, as Docker's archive."""
    image = {"one": ONE, "docker": DOCKER, "multi": MULTI}[tag]
    await export(Layout(files), at(tag), files, "x.tar")
    if tag != "docker":  # skopeo reads no others from layouts
        skopeo.copy(f"oci-archive:{files_folder}/x.tar:{tag}", f"{registry.host}/oci:{tag}")
        assert skopeo.digest(f"{registry.host}/oci:{tag}") == image.digest
    if tag != "multi":
        skopeo.copy(f"docker-archive:{files_folder}/x.tar:localhost/x:{tag}", f"{registry.host}/docker:{tag}")
        assert skopeo("inspect", "--config", "--raw", f"docker://{registry.host}/docker:{tag}") == config_of(image)


def config_of(image: Image) -> str:
    """Return an image's config."""
    return next(iter(image.blobs.values())).decode()


async def test_from_registry(files: Files, files_folder: Path, registry: DockerRegistry) -> None:
    """An image comes from a registry with no more requests than it has parts, and has its full name there."""
    images.push(registry, "team/app", "v1", MULTI)
    hosts = Hosts([Host(registry.host, tls=Tls.DISABLED)])
    async with Registries(hosts, files=files, user_agent="regbot/test") as registries:
        await export(registries, Reference.parse(f"{registry.host}/team/app:v1"), files, "x.tar")
    annotations = lists(files_folder / "x.tar")[0]["manifests"][0]["annotations"]
    assert annotations["io.containerd.image.name"] == f"{registry.host}/team/app:v1"
    assert [method for method, _, _ in registry.requests()] == ["GET"] * len(paths(MULTI))


def with_layers(*layers: dict[str, object], config: dict[str, object] | None = None) -> Image:
    """Return an image of those layers, and maybe another config."""
    manifest = {**json.loads(ONE.manifest), "layers": list(layers)}
    if config is not None:
        manifest["config"] = config
    return images.Image(ONE.media_type, json.dumps(manifest).encode(), ONE.blobs)


def entry(data: bytes, media_type: str = images.TYPES["oci"]["layer"], **more: object) -> dict[str, object]:
    """Return a descriptor."""
    return {"mediaType": media_type, "digest": images.digest(data), "size": len(data), **more}


def give(folder: Path, tag: str, image: Image) -> None:
    """Make a layout with one image."""
    images.write_layout(folder / tag, {tag: image})


async def test_external_layer(files: Files, files_folder: Path) -> None:
    """A layer that is to be had elsewhere is left out, and Docker's list with it: Docker could not load that."""
    give(files_folder, "y", with_layers(entry(b"elsewhere", urls=["https://example.org/layer"])))
    await export(Layout(files), Reference.parse("ocidir://y:y"), files, "y.tar")
    assert [name[:12] for name in contents(files_folder / "y.tar")] == [
        "oci-layout",
        "index.json",
        *["blobs/sha256"] * 2,
    ]


async def test_artifact(files: Files, files_folder: Path) -> None:
    """What has a config of no image has no list for Docker."""
    config = next(iter(ONE.blobs.values()))
    give(files_folder, "y", with_layers(config=entry(config, "application/vnd.example.config")))
    await export(Layout(files), Reference.parse("ocidir://y:y"), files, "y.tar")
    assert lists(files_folder / "y.tar")[1] is None


@pytest.mark.parametrize("media_type", [images.TYPES["oci"]["layer"], "application/octet-stream"])
async def test_index_of_blobs(files: Files, files_folder: Path, media_type: str) -> None:
    """What an index lists and is no manifest is a blob: caches of builders are such indexes."""
    body = json.dumps({"schemaVersion": 2, "manifests": [entry(b"layer", media_type)]}).encode()
    give(files_folder, "y", images.Image(images.TYPES["oci"]["index"], body, {images.digest(b"layer"): b"layer"}))
    await export(Layout(files), Reference.parse("ocidir://y:y"), files, "y.tar")
    assert list(contents(files_folder / "y.tar").values())[-1] == b"layer"


async def test_manifest_as_blob(files: Files, files_folder: Path) -> None:
    """What is listed as a blob and as a manifest is there once, with all that it names."""
    listed = [entry(ONE.manifest), entry(ONE.manifest, ONE.media_type)]
    body = json.dumps({"schemaVersion": 2, "manifests": listed}).encode()
    give(files_folder, "y", images.Image(images.TYPES["oci"]["index"], body, {}, (ONE,)))
    await export(Layout(files), Reference.parse("ocidir://y:y"), files, "y.tar")
    assert list(contents(files_folder / "y.tar"))[3:] == paths(ONE)


@pytest.mark.parametrize(
    ("tag", "path", "why"),
    [
        ("none", "x.tar", "there is no ocidir://x:none"),
        ("one", "no/such/x.tar", '"no/such" does not exist'),
        ("one", "../x.tar", "leads out of the files folder"),
        ("one", "/x.tar", "leads out of the files folder"),
        ("one", "", "is no file's name"),
        ("one", "x/", "is no file's name"),
        ("one", "x/..", "is no file's name"),
        ("one", "x", "Is a directory"),
    ],
)
async def test_refused(files: Files, files_folder: Path, tag: str, path: str, why: str) -> None:
    """Without the image, the folder or a name there is an error, and nothing is written."""
    with pytest.raises(RegistryError, match=why):
        await export(Layout(files), at(tag), files, path)
    assert names(files_folder) == set()


async def test_folder_before_image(files: Files) -> None:
    """A folder that is not there is found out before anything is asked of a registry."""
    async with Registries(Hosts([]), files=files, user_agent="") as nobody:
        with pytest.raises(NotFound, match="does not exist"):
            await export(nobody, Reference.parse("registry.invalid/app:v1"), files, "no/such/x.tar")


class Odd(Layout):
    """A layout whose blobs are something else."""

    data = b""
    scope: trio.CancelScope | None = None

    @asynccontextmanager
    async def blob(self, _: Repository, __: Descriptor) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give what it was made to."""
        if self.scope is not None:
            self.scope.cancel()
        await trio.lowlevel.checkpoint()
        yield Held(self.data)


@pytest.mark.parametrize("data", [b"", b"x" * 10_000_000])
async def test_other_size(files: Files, files_folder: Path, data: bytes) -> None:
    """A blob that has not its size spoils no archive: the old one stays, and nothing else is left."""
    (files_folder / "x.tar").write_bytes(b"old")
    odd = Odd(files)
    odd.data = data
    with pytest.raises(Unverified, match=r"blobs/sha256/\w+ does not have \d+ bytes"):
        await export(odd, at("one"), files, "x.tar")
    assert (names(files_folder), (files_folder / "x.tar").read_bytes()) == ({"x.tar"}, b"old")


async def test_cancelled(files: Files, files_folder: Path) -> None:
    """An export that is cancelled leaves the old file and nothing else."""
    (files_folder / "x.tar").write_bytes(b"old")
    odd = Odd(files)
    with trio.CancelScope() as odd.scope:
        await export(odd, at("one"), files, "x.tar")
    assert odd.scope.cancelled_caught
    assert (names(files_folder), (files_folder / "x.tar").read_bytes()) == ({"x.tar"}, b"old")


async def test_replaced(files: Files, files_folder: Path) -> None:
    """A finished export takes the place of what had its name, and clears away what a killed one left."""
    (files_folder / "x.tar").write_bytes(b"old")
    (files_folder / ".regbot-0.tmp").write_bytes(b"half of it")
    await export(Layout(files), at("one"), files, "x.tar")
    assert names(files_folder) == {"x.tar"}
    assert list(contents(files_folder / "x.tar")) == [*LISTS, *paths(ONE)]


async def test_schema_1(files: Files, files_folder: Path) -> None:
    """An image of schema 1 goes into no archive."""
    old = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    give(files_folder, "y", images.Image(old, json.dumps({"schemaVersion": 1, "mediaType": old}).encode(), {}))
    with pytest.raises(RegistryError, match="is of schema 1"):
        await export(Layout(files), Reference.parse("ocidir://y:y"), files, "y.tar")
    assert "y.tar" not in names(files_folder)


async def test_missing_child(files: Files, files_folder: Path) -> None:
    """An index of which a part is missing is not exported."""
    (files_folder / "x/blobs" / MULTI.children[1].digest.replace(":", "/")).unlink()
    with pytest.raises(NotFound, match=MULTI.children[1].digest):
        await export(Layout(files), at("multi"), files, "x.tar")


async def test_deep(files: Files, files_folder: Path) -> None:
    """Indexes in one another are followed so far and no farther."""
    deep = [ONE]
    for _ in range(MAX_DEPTH):
        deep.append(images.index({"linux/amd64": deep[-1]}))
    images.write_layout(files_folder / "y", {"good": deep[-2], "bad": deep[-1]})
    await export(Layout(files), Reference.parse("ocidir://y:good"), files, "y.tar")
    with pytest.raises(Unverified, match=f"deeper than {MAX_DEPTH}"):
        await export(Layout(files), Reference.parse("ocidir://y:bad"), files, "z.tar")


async def test_many_parts(files: Files, files_folder: Path) -> None:
    """An image of more parts than any has is given up before any is read."""
    body = json.dumps({"schemaVersion": 2, "layers": [entry(b"%d" % number) for number in range(MAX_PARTS + 1)]})
    give(files_folder, "y", images.Image(ONE.media_type, body.encode(), {}))
    with pytest.raises(Unverified, match=f"more than {MAX_PARTS} parts"):
        await export(Layout(files), Reference.parse("ocidir://y:y"), files, "y.tar")


async def test_large_layer(files: Files, files_folder: Path) -> None:
    """A layer of any size passes through little memory."""
    data = b"x" * (64 << 20)
    give(files_folder, "y", with_layers(entry(data)))
    (files_folder / "y/blobs" / images.digest(data).replace(":", "/")).write_bytes(data)
    tracemalloc.start()
    await export(Layout(files), Reference.parse("ocidir://y:y"), files, "y.tar")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (files_folder / "y.tar").stat().st_size > 64 << 20
    assert peak < 16 << 20
