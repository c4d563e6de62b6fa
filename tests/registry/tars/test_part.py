from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from regbot.registry.copying.tree import MAX_DEPTH, MAX_PARTS
from regbot.registry.errors import NotFound, Unverified
from regbot.registry.files.files import Files
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.layouts.layout import Layout
from regbot.registry.observer import Silent
from regbot.registry.reference import Reference
from regbot.registry.registries import Registries
from regbot.registry.tars.tar_import import load
from tests import images
from tests.images import Image
from tests.registry.tars.archives import blobs, layout, of_files, saved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.docker_registry import DockerRegistry
    from tests.skopeo import Skopeo

MULTI: Final = images.platforms("linux/amd64", "linux/arm64/v8", "linux/s390x")
AMD, ARM, S390 = MULTI.children
NESTED: Final = images.index({"linux/riscv64": images.image(platform="linux/riscv64"), "linux": MULTI})
ATTESTED: Final = images.index(
    {"linux/amd64": AMD, "unknown/unknown": images.image(layers=[b"sbom"]), "linux/arm": ARM}
)
TARGET: Final = Reference.parse("ocidir://out:v1")


class Listener(Silent):
    """Keeps what is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def debug(self, text: str) -> None:
        """Keep it."""
        self.notes.append(text)


@pytest.fixture
def files(files_folder: Path) -> Iterator[Files]:
    """Open a files folder."""
    with Files(files_folder) as opened:
        yield opened


def only(image: Image, *kept: Image) -> bytes:
    """Return the archive of an index, as Docker writes it where only some of its images were pulled."""
    whole, first = layout({"v1": image}), kept[0] if kept else image
    there = {name for each in kept for name in blobs(each)}
    indexes = {f"blobs/sha256/{each.digest[7:]}" for each in (image, *image.children) if each.children}
    lists = {name: data for name, data in whole.items() if not name.startswith("blobs/") or name in there | indexes}
    return of_files({**lists, "manifest.json": saved(first)["manifest.json"] if first.blobs else b"[]"})


@pytest.mark.parametrize(("image", "there"), [(MULTI, AMD), (MULTI, S390), (NESTED, ARM)], ids=["first", "last", "in"])
async def test_the_only_one(files: Files, files_folder: Path, image: Image, there: Image) -> None:
    """Of an index of which one image is there, that is the image, byte for byte, and somebody is told."""
    (files_folder / "x.tar").write_bytes(only(image, there))
    listener = Listener()
    assert str(await load(Layout(files), TARGET, files, "x.tar", listener)) == there.digest
    assert (await Layout(files).manifest(TARGET)).body == there.manifest
    (note,) = listener.notes
    assert f'"x.tar": of the index {image.digest} only linux/' in note


async def test_real_registry(files: Files, files_folder: Path, registry: DockerRegistry, skopeo: Skopeo) -> None:
    """A registry that takes no index with holes takes the image, however often."""
    (files_folder / "x.tar").write_bytes(only(MULTI, AMD))
    target = Reference.parse(f"{registry.host}/team/app:v1")
    async with Registries(Hosts([Host(registry.host, tls=Tls.DISABLED)]), files=files, user_agent="") as registries:
        for _ in range(2):
            await load(registries, target, files, "x.tar")
    assert skopeo.digest(str(target)) == AMD.digest
    skopeo.copy(str(target), f"dir:{files_folder}/dir")


@pytest.mark.parametrize("kept", [(ATTESTED.children[0],), ATTESTED.children[:2]])
async def test_attestations(files: Files, files_folder: Path, kept: tuple[Image, ...]) -> None:
    """What builders attest of an image is no image, there or not."""
    (files_folder / "x.tar").write_bytes(only(ATTESTED, *kept))
    assert str(await load(Layout(files), TARGET, files, "x.tar")) == AMD.digest


@pytest.mark.parametrize(
    ("kept", "there", "missing"),
    [
        ((AMD, S390), "linux/amd64, linux/s390x", "linux/arm64/v8"),
        ((), "none", "linux/amd64, linux/arm64/v8, linux/s390x"),
    ],
)
async def test_several_or_none(
    files: Files, files_folder: Path, kept: tuple[Image, ...], there: str, missing: str
) -> None:
    """Where several images are there and not all, or none, it is said which and what to do, and nothing is put."""
    (files_folder / "x.tar").write_bytes(only(MULTI, *kept))
    why = rf"there are {there}, and missing are {missing}; .*docker save --platform.*skopeo copy --all"
    with pytest.raises(NotFound, match=why):
        await load(Layout(files), TARGET, files, "x.tar")
    assert [item.name for item in files_folder.iterdir()] == ["x.tar"]


async def test_half_an_image(files: Files, files_folder: Path) -> None:
    """A manifest without its layers is no image that is there."""
    half = Image(ARM.media_type, ARM.manifest, dict(list(ARM.blobs.items())[:1]))
    (files_folder / "x.tar").write_bytes(only(MULTI, AMD, half))
    assert str(await load(Layout(files), TARGET, files, "x.tar")) == AMD.digest


async def test_wanted_digest(files: Files, files_folder: Path) -> None:
    """A target's digest says which of several is meant; the index itself it cannot mean."""
    (files_folder / "x.tar").write_bytes(only(MULTI, AMD, ARM))
    await load(Layout(files), Reference.parse(f"ocidir://out:v1@{ARM.digest}"), files, "x.tar")
    assert str((await Layout(files).head(TARGET)).descriptor.digest) == ARM.digest
    with pytest.raises(NotFound, match="not all of it"):
        await load(Layout(files), Reference.parse(f"ocidir://other:v1@{MULTI.digest}"), files, "x.tar")


async def test_what_is_there(files: Files, files_folder: Path) -> None:
    """What the target has already is not missing: the index arrives whole."""
    for name, data in {"x.tar": of_files(layout({"v1": MULTI})), "y.tar": only(MULTI, AMD)}.items():
        (files_folder / name).write_bytes(data)
        assert str(await load(Layout(files), Reference.parse(f"ocidir://out:{name[0]}"), files, name)) == MULTI.digest


async def test_no_platform(files: Files, files_folder: Path) -> None:
    """An image that is listed without a platform is named by its digest."""
    body = json.dumps({"schemaVersion": 2, "manifests": [AMD.descriptor(), ARM.descriptor()]}).encode()
    plain = Image(MULTI.media_type, body, {}, (AMD, ARM))
    (files_folder / "x.tar").write_bytes(only(plain))
    with pytest.raises(NotFound, match=f"{AMD.digest}.*{ARM.digest}|{ARM.digest}.*{AMD.digest}"):
        await load(Layout(files), TARGET, files, "x.tar")


async def test_many(files: Files, files_folder: Path) -> None:
    """Of many platforms that are missing some are named; of more than any index lists none is looked for."""

    def listing(count: int) -> Image:
        listed = [{"digest": f"sha256:{number:064x}", "size": 1} for number in range(count)]
        return Image(MULTI.media_type, json.dumps({"schemaVersion": 2, "manifests": listed}).encode(), {})

    for count, error, why in (
        (31, NotFound, "[0-9a-f]{64} and 1 more;"),
        (MAX_PARTS + 1, Unverified, "more than .* parts"),
    ):
        image = listing(count)
        (files_folder / "x.tar").write_bytes(of_files(layout({"v1": image})))
        with pytest.raises(error, match=why):
            await load(Layout(files), TARGET, files, "x.tar")


async def test_deep(files: Files, files_folder: Path) -> None:
    """Indexes in one another are followed so far and no farther, and each once."""
    deep = images.index({"linux/amd64": AMD, "linux/arm64": ARM})
    for _ in range(MAX_DEPTH - 1):
        deep = images.index({"linux/amd64": deep, "linux/arm64": deep})
    deeper = images.index({"linux/amd64": deep})
    for image, error, why in ((deep, NotFound, "not all of it"), (deeper, Unverified, f"deeper than {MAX_DEPTH}")):
        found = {name: data for name, data in layout({"v1": image}).items() if name not in blobs(ARM) | blobs(AMD)}
        (files_folder / "x.tar").write_bytes(of_files(found))
        with pytest.raises(error, match=why):
            await load(Layout(files), TARGET, files, "x.tar")
