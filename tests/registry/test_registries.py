from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import trio

from regbot.registry.content import Bytes
from regbot.registry.copying.copying import copy
from regbot.registry.copying.options import CopyOptions
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, NotFound, RegistryError, WriteRefused
from regbot.registry.files.files import Files
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.images import config
from regbot.registry.manifest import Manifest
from regbot.registry.observer import Silent
from regbot.registry.reference import Reference, Repository
from regbot.registry.registries import Registries
from tests import images
from tests.fake_registry import error, raw_server
from tests.model.message import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.docker_registry import DockerRegistry
    from tests.model.message import Asked
    from tests.registry.either import Serve
    from tests.skopeo import Skopeo

IMAGE = images.image()
INDEX = images.platforms("linux/amd64", "linux/arm64")
MANIFEST = Manifest.read(IMAGE.manifest)
PLAIN = CopyOptions()


@pytest.fixture
def files(files_folder: Path) -> Iterator[Files]:
    """Open the files folder."""
    with Files(files_folder) as opened:
        yield opened


def registries(*known: DockerRegistry, files: Files | None = None, read_only: bool = False) -> Registries:
    """Return a way to registries and to the layouts in *files*."""
    hosts = Hosts([Host(each.host, tls=Tls.DISABLED) for each in known])
    return Registries(hosts, files=files, read_only=read_only, user_agent="regbot/test")


async def test_registry_to_layout_and_back(
    registry: DockerRegistry, skopeo: Skopeo, files_folder: Path, files: Files
) -> None:
    """An index goes from a registry into a layout and from there into a registry, and stays the same."""
    images.push(registry, "team/app", "v1", INDEX)
    names = [Reference.parse(name.format(registry.host)) for name in ("{}/team/app:v1", "ocidir://out:x", "{}/back:v2")]
    async with registries(registry, files=files) as through:
        await copy(through, names[0], names[1], PLAIN)
        await copy(through, names[1], names[2], PLAIN)
        assert await through.tags(names[1].repository) == ["x"]
    assert skopeo.digest(f"oci:{files_folder}/out:x") == skopeo.digest(str(names[2])) == INDEX.digest


def answer(status: str, body: bytes = b"") -> bytes:
    """Return an answer as it goes over the wire."""
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status.encode(), len(body)) + body


class Errors(Silent):
    """Keeps the harm that it is told of."""

    def __init__(self, told: list[str]) -> None:
        self._told = told

    def error(self, text: str) -> None:
        """Keep it."""
        self._told.append(text)


async def test_warning() -> None:
    """That a tag could not be put back is told to who observes."""
    warnings: list[str] = []
    missing = answer("404 Not Found", error("MANIFEST_UNKNOWN"))
    answers = [answer("405 No"), missing, answer("200 OK", IMAGE.manifest), answer("403 No"), answer("403 No")]
    async with raw_server(*answers) as address:
        hosts = Hosts([Host(address, tls=Tls.DISABLED)])
        async with Registries(hosts, user_agent="", observer=Errors(warnings)) as through:
            with pytest.raises(RegistryError) as caught:
                await through.delete_tag(Reference.parse(f"{address}/team/app:v1"))
    assert (caught.value.code, warnings) == ("TAG_LOST", [str(caught.value)])


@pytest.mark.parametrize("loaded", [False, True])
async def test_at_once(serve: Serve, *, loaded: bool) -> None:
    """As many calls as a script has in flight are with the registry together: it answers when all of them are there."""
    there, asked = trio.Event(), []

    async def answer_together(request: Asked) -> Reply:
        asked.append(request.target)
        if len(asked) == 8:
            there.set()
        await there.wait()
        return Reply(404)

    host = serve(answer_together).host
    async with (
        Registries(Hosts([Host(host, tls=Tls.DISABLED)]), user_agent="") as through,
        trio.open_nursery() as nursery,
    ):
        if loaded:
            through.prepare()
        through.at_once(8)
        for number in range(8):
            nursery.start_soon(_miss, through, Reference.parse(f"{host}/team/app:{number}"))
    assert len(asked) == 8


async def _miss(through: Registries, reference: Reference) -> None:
    with pytest.raises(NotFound):
        await through.head(reference)


async def test_blob_that_is_there(registry: DockerRegistry, files: Files) -> None:
    """A blob that the other side has is not sent again."""
    images.push(registry, "team/app", "v1", IMAGE)
    layout = Repository("", "out")
    async with registries(registry, files=files) as through:
        for _ in range(2):
            await through.copy_blob(MANIFEST.layers[0], Repository(registry.host, "team/app"), layout)
    assert [method for method, _, _ in registry.requests()] == ["GET"]


async def test_everything_of_a_registry(registry: DockerRegistry) -> None:
    """Each method does at a registry what it says."""
    repository = Repository(registry.host, "team/app")
    tag, layer = Reference(repository, "v1"), MANIFEST.layers[0]
    async with registries(registry) as through:
        for blob in MANIFEST.blobs:
            await through.put_blob(repository, blob, Bytes(IMAGE.blobs[str(blob.digest)]))
        await through.put_manifest(tag, MANIFEST)
        assert (await through.has_blob(repository, layer.digest), await through.repositories(registry.host)) == (
            True,
            ["team/app"],
        )
        assert (await through.head(tag)).descriptor == (await through.manifest(tag)).descriptor == MANIFEST.descriptor
        assert (await config(through, tag, None))[1] == IMAGE.blobs[str(MANIFEST.blobs[0].digest)]
        await through.delete_tag(tag)
        await through.put_manifest(Reference(repository, "v2"), MANIFEST)
        await through.delete_manifest(tag.at(MANIFEST.descriptor.digest))
        with pytest.raises(NotFound):
            await through.head(Reference(repository, "v2"))


@pytest.mark.parametrize("repository", ["127.0.0.1:9/team/app", "ocidir://out"])
@pytest.mark.parametrize("write", ["put_manifest", "delete_manifest", "delete_tag", "put_blob", "copy_blob"])
async def test_read_only(files: Files, files_folder: Path, repository: str, write: str) -> None:
    """In a dry run every write is refused before anything is sent, or a file made."""
    where = Repository.parse(repository)
    reference = Reference(where, "v1", MANIFEST.descriptor.digest)
    arguments = {
        "put_manifest": (reference, MANIFEST),
        "put_blob": (where, MANIFEST.layers[0], Bytes(b"")),
        "copy_blob": (MANIFEST.layers[0], where, where),
    }
    async with registries(files=files, read_only=True) as through:
        with pytest.raises(WriteRefused):
            await getattr(through, write)(*arguments.get(write, (reference,)))
    assert list(files_folder.iterdir()) == []


async def test_read_only_reads(registry: DockerRegistry) -> None:
    """And it reads."""
    images.push(registry, "team/app", "v1", IMAGE)
    async with registries(registry, read_only=True) as through:
        assert await through.tags(Repository(registry.host, "team/app")) == ["v1"]


async def test_no_files_folder() -> None:
    """Without a files folder there are no layouts."""
    async with registries() as through:
        with pytest.raises(RegistryError, match="no files folder"):
            await through.tags(Repository("", "out"))


async def test_catalog_of_a_layout(files: Files) -> None:
    """A layout holds no repositories."""
    async with registries(files=files) as through:
        with pytest.raises(InvalidText, match="layout"):
            await through.repositories("ocidir://out")


def test_httpx_is_loaded_late() -> None:
    """Who needs no registry does not pay for httpx, unless it is to be there in advance."""
    script = """
import sys
from regbot.registry import hosts, images, registries
made = registries.Registries(hosts.Hosts(), user_agent="")
print("httpx" in sys.modules)
made.prepare()
print("httpx" in sys.modules)
"""
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["False", "True"]


async def test_prepare() -> None:
    """What was prepared is closed like what was used."""
    async with registries() as through:
        through.prepare()
        with pytest.raises(InvalidText):
            await through.repositories("no registry")


async def test_blob_of_unknown_size(registry: DockerRegistry, files: Files) -> None:
    """A blob of which only the digest is known goes into a layout, and out of it."""
    images.push_blob(registry, "team/app", images.digest(b"data"), b"data")
    blob = Descriptor("", Digest.of(b"data"), -1)
    one, layout, other = Repository(registry.host, "team/app"), Repository("", "out"), Repository(registry.host, "copy")
    async with registries(registry, files=files) as through:
        await through.copy_blob(blob, one, layout)
        await through.copy_blob(blob, layout, other)
        assert (await through.blob_head(other, blob.digest)).size == 4
