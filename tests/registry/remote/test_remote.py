from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from typing import TYPE_CHECKING

import httpx
import pytest
import trio
import trio.testing

from regbot.registry import images as whole
from regbot.registry import mediatype
from regbot.registry.content import Bytes
from regbot.registry.copying.copying import copy
from regbot.registry.copying.options import CopyOptions
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference, Repository
from regbot.registry.remote.remote import Remote
from tests import images
from tests.fake_registry import NAME, FakeRegistry, Reply, error, index_of, remote, served
from tests.model.registry import ModelRegistry
from tests.model.world import World

if TYPE_CHECKING:
    from tests.model.message import Answerer, Asked
    from tests.model.message import Reply as Told

IMAGE = images.image(layers=[b"one", b"two"])
MANIFEST = Manifest.read(IMAGE.manifest)
TAG = Reference.parse(f"{NAME}/team/app:v1")
SOURCE, TARGET = TAG.repository, Repository(NAME, "team/copy")
AWAY = Repository("other.test", "team/app")
CONFIG, LAYER = MANIFEST.blobs[0], MANIFEST.blobs[1]
DATA = IMAGE.blobs[str(LAYER.digest)]
UPLOADS = "/v2/team/copy/blobs/uploads/"


@pytest.fixture
def fake() -> FakeRegistry:
    """Make a registry that has the image in team/app."""
    made = FakeRegistry()
    made.serve("team/app", "v1", IMAGE)
    return made


async def blob(of: Remote, repository: Repository, descriptor: Descriptor) -> bytes:
    """Return a blob."""
    async with of.blob(repository, descriptor) as data:
        return b"".join([chunk async for chunk in data])


async def test_first_get_is_one_request(fake: FakeRegistry) -> None:
    """A manifest that nothing is known of costs one GET."""
    await remote(fake).manifest(TAG)
    assert [asked.method for asked in fake.asked] == ["GET"]


async def test_again_by_tag(fake: FakeRegistry) -> None:
    """A tag that still points at what is kept costs a HEAD, and brings the newer rate limit."""
    known = remote(fake)
    await known.manifest(TAG)
    headers = {"Docker-Content-Digest": IMAGE.digest, "RateLimit-Remaining": "7"}
    fake.instead("HEAD /v2/team/app/manifests/v1", Reply(200, headers=headers))
    again = await known.manifest(TAG)
    assert ([asked.method for asked in fake.asked], again.rate_limit.remain) == (["GET", "HEAD"], 7)


async def test_again_by_digest(fake: FakeRegistry) -> None:
    """What is kept by digest costs nothing."""
    known = remote(fake)
    await known.manifest(TAG)
    assert await known.manifest(TAG.at(MANIFEST.descriptor.digest)) == MANIFEST
    assert len(fake.asked) == 1


async def test_moved_tag(fake: FakeRegistry) -> None:
    """A tag that moved is seen at its new place."""
    known, newer = remote(fake), images.image(layers=[b"newer"])
    await known.manifest(TAG)
    for line in ("GET", "HEAD"):
        fake.instead(f"{line} /v2/team/app/manifests/v1")
    fake.serve("team/app", "v1", newer)
    assert str((await known.manifest(TAG)).descriptor.digest) == newer.digest


async def test_no_digest_header(fake: FakeRegistry) -> None:
    """A HEAD that had to be a GET keeps what it got."""
    known = remote(fake)
    fake.instead("HEAD /v2/team/app/manifests/v1", Reply(200))
    head = await known.head(TAG)
    await known.manifest(TAG.at(head.descriptor.digest))
    assert [asked.method for asked in fake.asked] == ["HEAD", "GET"]


async def test_deleted_behind_our_back(fake: FakeRegistry) -> None:
    """A tag that is gone takes what is known of its repository along."""
    known = remote(fake)
    await known.manifest(TAG)
    for line in ("GET", "HEAD"):
        fake.instead(f"{line} /v2/team/app/manifests/v1", Reply(404))
    fake.instead(f"GET /v2/team/app/manifests/{IMAGE.digest}", Reply(404))
    with pytest.raises(NotFound):
        await known.manifest(TAG)
    with pytest.raises(NotFound):
        await known.manifest(TAG.at(MANIFEST.descriptor.digest))


@pytest.mark.parametrize("delete", ["delete_tag", "delete_manifest"])
async def test_delete_forgets(fake: FakeRegistry, delete: str) -> None:
    """Any deletion drops what is kept of the repository."""
    known = remote(fake)
    await known.manifest(TAG)
    fake.on("DELETE /v2/team/app/manifests/v1", Reply(202))
    fake.on(f"DELETE /v2/team/app/manifests/{IMAGE.digest}", Reply(202))
    await getattr(known, delete)(Reference(SOURCE, "v1", MANIFEST.descriptor.digest))
    await known.manifest(TAG.at(MANIFEST.descriptor.digest))
    assert [asked.method for asked in fake.asked] == ["GET", "DELETE", "GET"]


@pytest.mark.parametrize("image", [IMAGE, images.platforms("linux/amd64", "linux/arm64")], ids=["image", "index"])
async def test_second_config_is_one_look(image: images.Image) -> None:
    """The config of a tag that did not change costs one HEAD, whatever lies between tag and config."""
    fake = served(image)
    known = remote(fake)
    _, first = await whole.config(known, TAG, "linux/amd64")
    count = len(fake.asked)
    _, second = await whole.config(known, TAG, "linux/amd64")
    assert fake.lines[count:] == ["HEAD /v2/team/app/manifests/v1"]
    assert first == second


async def test_second_mirroring_reads_nothing() -> None:
    """To mirror thirty tags again that did not change costs the source a HEAD for each, and no GET."""
    model = ModelRegistry()
    for number in range(30):
        model.store.add("team/app", f"t{number}", images.image(layers=[b"%d" % (number % 5)]))
    async with trio.open_nursery() as nursery:
        asked: list[str] = []
        answers: dict[str, Answerer] = {NAME: noted(model, asked), "other.test": ModelRegistry()}
        hosts = Hosts([Host(name, tls=Tls.DISABLED) for name in answers])
        known = Remote(Client(hosts, user_agent="", connect=World(nursery, answers).connect))
        for _ in range(2):
            asked.clear()
            for tag in await known.tags(SOURCE):
                await copy(known, TAG.tagged(tag), Reference(Repository("other.test", "copy"), tag), CopyOptions())
        await known.aclose()
        nursery.cancel_scope.cancel()
    assert asked == ["GET list"] + ["HEAD manifests"] * 30


def noted(model: ModelRegistry, lines: list[str]) -> Answerer:
    """Return what answers as *model* does, and takes down what it is asked for."""

    async def answer(asked: Asked) -> Told:
        *_, above, last = asked.path.split("/")
        lines.append(f"{asked.method} {last if above == 'tags' else above}")
        return await model(asked)

    return answer


async def test_no_look_where_none_is_possible(fake: FakeRegistry) -> None:
    """A registry that cannot answer HEAD is asked for the manifest itself, and what came is kept."""
    known = remote(fake, Host(NAME, disable_head=True))
    await known.manifest(TAG)
    assert await known.manifest(TAG) == MANIFEST
    await known.manifest(TAG.at((await known.head(TAG)).descriptor.digest))
    assert [asked.method for asked in fake.asked] == ["GET"] * 3


async def test_referrers(fake: FakeRegistry) -> None:
    """What refers to a manifest is asked for anew each time: it changes."""
    listed = index_of(IMAGE.descriptor() | {"artifactType": "application/x"}).manifest
    line = f"GET /v2/team/app/referrers/{MANIFEST.descriptor.digest}"
    fake.on(line, Reply(200, listed, {"Content-Type": mediatype.OCI_INDEX}))
    known, pinned = remote(fake), TAG.at(MANIFEST.descriptor.digest)
    for kind, count in (("", 1), ("application/y", 0), ("application/x", 1)):
        assert len(await known.referrers(pinned, artifact_type=kind)) == count
    assert len(fake.asked) == 3


async def test_hostile_tags(fake: FakeRegistry) -> None:
    """No tag that is none gets into a URL, whoever made it up."""
    fake.on("GET /v2/team/app/tags/list", Reply(200, b'{"tags": ["../../x", "v1?x=1", "v1", "v1#", "-a", ""]}'))
    assert await remote(fake).tags(SOURCE) == ["v1"]
    for text in ("../../x", "v1?x=1", "-a", "v" * 129):
        with pytest.raises(InvalidText, match="tag"):
            Reference(SOURCE, text)


class Slow(FakeRegistry):
    """Says what was true when it was asked, but not before a deletion is done."""

    def __init__(self) -> None:
        super().__init__()
        self.late, self.deleted = True, trio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, late."""
        response = await super().handle_async_request(request)
        if self.late:
            await self.deleted.wait()
        return response


class Meanwhile(FakeRegistry):
    """Has the tag read while something is deleted."""

    reader: Remote

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, after a pause with a deletion."""
        if request.method == "DELETE":
            await self.reader.manifest(TAG)
        return await super().handle_async_request(request)


async def test_read_before_a_deletion() -> None:
    """What was asked for before a deletion, and answered after it, is not kept: it may be gone."""
    fake = Slow()
    fake.serve("team/app", "v1", IMAGE)
    fake.on(f"DELETE /v2/team/app/manifests/{IMAGE.digest}", Reply(202))
    known, digest = remote(fake), TAG.at(MANIFEST.descriptor.digest)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(known.manifest, TAG)
        nursery.start_soon(blob, known, SOURCE, CONFIG)
        await trio.testing.wait_all_tasks_blocked()
        fake.late = False
        await known.delete_manifest(digest)
        fake.deleted.set()
    fake.instead(f"GET /v2/team/app/manifests/{IMAGE.digest}", Reply(404))
    fake.instead(f"GET /v2/team/app/blobs/{CONFIG.digest}", Reply(404))
    with pytest.raises(NotFound):
        await known.manifest(digest)
    with pytest.raises(NotFound):
        await blob(known, SOURCE, CONFIG)


@pytest.mark.parametrize("status", [202, 500])
async def test_read_during_a_deletion(status: int) -> None:
    """What was read while something was deleted is not kept either, even if nobody knows what came of that."""
    fake = Meanwhile()
    fake.serve("team/app", "v1", IMAGE)
    fake.on(f"DELETE /v2/team/app/manifests/{IMAGE.digest}", Reply(status))
    fake.reader = known = remote(fake)
    digest = TAG.at(MANIFEST.descriptor.digest)
    with nullcontext() if status == 202 else pytest.raises(RegistryError):
        await known.delete_manifest(digest)
    fake.instead(f"GET /v2/team/app/manifests/{IMAGE.digest}", Reply(404))
    with pytest.raises(NotFound):
        await known.manifest(digest)


async def test_put_is_kept(fake: FakeRegistry) -> None:
    """What was put need not be got."""
    known = remote(fake)
    fake.on("PUT /v2/team/app/manifests/v1", Reply(201))
    await known.put_manifest(TAG, MANIFEST)
    assert await known.manifest(TAG.at(MANIFEST.descriptor.digest)) == MANIFEST
    assert [asked.method for asked in fake.asked] == ["PUT"]


async def test_config_is_got_once(fake: FakeRegistry) -> None:
    """A config is kept; a layer never is."""
    known = remote(fake)
    for descriptor in (CONFIG, CONFIG, LAYER, LAYER):
        assert await blob(known, SOURCE, descriptor) == IMAGE.blobs[str(descriptor.digest)]
    assert len(fake.asked) == 3


async def test_wrong_config_is_not_kept(fake: FakeRegistry) -> None:
    """A config that is not what it should be is an error each time."""
    fake.instead(f"GET /v2/team/app/blobs/{CONFIG.digest}", Reply(200, b"forged"))
    known = remote(fake)
    for _ in range(2):
        with pytest.raises(Unverified):
            await blob(known, SOURCE, CONFIG)


async def test_mount(fake: FakeRegistry) -> None:
    """Within a registry a blob is mounted without another question, and remembered."""
    fake.on(f"POST {UPLOADS}", Reply(201))
    known = remote(fake)
    for _ in range(2):
        await known.copy_blob(LAYER, SOURCE, TARGET)
    assert [asked.method for asked in fake.asked] == ["POST"]


async def test_same_repository(fake: FakeRegistry) -> None:
    """Within a repository there is nothing to do."""
    await remote(fake).copy_blob(LAYER, SOURCE, SOURCE)
    assert fake.asked == []


async def test_no_mount(fake: FakeRegistry) -> None:
    """Where nothing is mounted the upload that was begun instead is used, on the one slot there is."""
    fake.on(f"POST {UPLOADS}", Reply(202, headers={"Location": "/up/1"}))
    fake.on("PUT /up/1", Reply(201))
    await remote(fake, Host(NAME, req_concurrent=1)).copy_blob(LAYER, SOURCE, TARGET)
    assert [asked.method for asked in fake.asked] == ["POST", "HEAD", "GET", "PUT"]
    assert fake.asked[-1].body == DATA


async def test_no_mount_and_there(fake: FakeRegistry) -> None:
    """If the blob is there the upload that was begun is given up."""
    fake.on(f"POST {UPLOADS}", Reply(202, headers={"Location": "/up/1"}))
    fake.on(f"HEAD /v2/team/copy/blobs/{LAYER.digest}", Reply(200))
    await remote(fake).copy_blob(LAYER, SOURCE, TARGET)
    assert fake.lines[-1] == "DELETE /up/1"


async def test_no_mount_and_no_source(fake: FakeRegistry) -> None:
    """If the source lacks the blob the upload that was begun is given up, and the error is the source's."""
    fake.on(f"POST {UPLOADS}", Reply(202, headers={"Location": "/up/1"}))
    fake.instead(f"GET /v2/team/app/blobs/{LAYER.digest}", Reply(404, error("BLOB_UNKNOWN")))
    with pytest.raises(NotFound, match="BLOB_UNKNOWN"):
        await remote(fake).copy_blob(LAYER, SOURCE, TARGET)
    assert fake.lines[-1] == "DELETE /up/1"


async def test_across_registries(fake: FakeRegistry) -> None:
    """Between registries a blob is streamed; two names of one server are two registries."""
    fake.on("POST /v2/team/copy/blobs/uploads/", Reply(202, headers={"Location": "/up/1"}))
    fake.on("PUT /up/1", Reply(201))
    target = Repository("other.test", "team/copy")
    await remote(fake, Host(NAME), Host("other.test", hostname=NAME)).copy_blob(LAYER, SOURCE, target)
    assert [asked.method for asked in fake.asked] == ["HEAD", "POST", "GET", "PUT"]


async def test_there_across_registries(fake: FakeRegistry) -> None:
    """What the other registry has is not sent, and not asked for twice."""
    fake.on(f"HEAD /v2/team/copy/blobs/{LAYER.digest}", Reply(200))
    known = remote(fake, Host(NAME), Host("other.test"))
    for _ in range(2):
        await known.copy_blob(LAYER, SOURCE, Repository("other.test", "team/copy"))
    assert [asked.method for asked in fake.asked] == ["HEAD"]


async def test_lying_source(fake: FakeRegistry) -> None:
    """Bytes that are not what they should be are not stored, and the upload is given up."""
    fake.instead(f"GET /v2/team/app/blobs/{LAYER.digest}", Reply(200, bytes(len(DATA))))
    fake.on("POST /v2/team/copy/blobs/uploads/", Reply(202, headers={"Location": "/up/1"}))
    with pytest.raises(Unverified):
        await remote(fake, Host(NAME), Host("other.test")).copy_blob(
            LAYER, SOURCE, Repository("other.test", "team/copy")
        )
    assert "PUT" not in {asked.method for asked in fake.asked}
    assert fake.lines[-1] == "DELETE /up/1"


async def test_kept_config_is_not_got_again(fake: FakeRegistry) -> None:
    """A config that was read before is copied from memory."""
    fake.on("POST /v2/team/copy/blobs/uploads/", Reply(202, headers={"Location": "/up/1"}))
    fake.on("PUT /up/1", Reply(201))
    known = remote(fake, Host(NAME), Host("other.test"))
    await blob(known, SOURCE, CONFIG)
    await known.copy_blob(CONFIG, SOURCE, Repository("other.test", "team/copy"))
    assert [asked.method for asked in fake.asked] == ["GET", "HEAD", "POST", "PUT"]


async def test_collected_blob(fake: FakeRegistry) -> None:
    """If a manifest is refused, what its repository was believed to hold is looked at anew."""
    fake.on(f"POST {UPLOADS}", Reply(201))
    fake.on("PUT /v2/team/copy/manifests/v1", Reply(400, error("MANIFEST_BLOB_UNKNOWN")))
    known = remote(fake)
    await known.copy_blob(LAYER, SOURCE, TARGET)
    with pytest.raises(RegistryError):
        await known.put_manifest(Reference(TARGET, "v1"), MANIFEST)
    await known.copy_blob(LAYER, SOURCE, TARGET)
    assert [asked.method for asked in fake.asked] == ["POST", "PUT", "POST"]


async def test_put_blob(fake: FakeRegistry) -> None:
    """A blob that was put need not be copied."""
    fake.on(f"POST {UPLOADS}", Reply(202, headers={"Location": "/up/1"}))
    fake.on("PUT /up/1", Reply(201))
    known = remote(fake)
    await known.put_blob(TARGET, LAYER, Bytes(DATA))
    await known.copy_blob(LAYER, SOURCE, TARGET)
    assert [asked.method for asked in fake.asked] == ["POST", "PUT"]


async def test_put_twice(fake: FakeRegistry) -> None:
    """A blob that was put need not be put again."""
    fake.on(f"POST {UPLOADS}", Reply(202, headers={"Location": "/up/1"}))
    fake.on("PUT /up/1", Reply(201))
    known = remote(fake)
    for _ in range(2):
        await known.put_blob(TARGET, LAYER, Bytes(DATA))
    assert [asked.method for asked in fake.asked] == ["POST", "PUT"]


@pytest.mark.parametrize("there", [NAME, "mirror.test"])
async def test_blob_head(there: str) -> None:
    """A look at a blob is answered by whoever has it."""
    fake = FakeRegistry()
    fake.on(f"HEAD https://{there}/v2/team/app/blobs/{LAYER.digest}", Reply(200, headers={"Content-Length": "7"}))
    known = remote(fake, Host(NAME, mirrors=("mirror.test",)), Host("mirror.test", priority=1))
    assert (await known.blob_head(SOURCE, LAYER.digest)).size == 7


async def test_missing_blob(fake: FakeRegistry) -> None:
    """A blob that is not there is NotFound, large or small."""
    for descriptor in (Descriptor("", Digest.of(b"?"), 1), Descriptor(CONFIG.media_type, Digest.of(b"?"), 1)):
        with pytest.raises(NotFound):
            await blob(remote(fake), SOURCE, descriptor)


async def test_repositories_of_no_registry(fake: FakeRegistry) -> None:
    """What is no registry has no repositories."""
    with pytest.raises(InvalidText, match="registry"):
        await remote(fake).repositories("../x")


async def test_plain(fake: FakeRegistry) -> None:
    """Tags and blobs are asked for as they are."""
    fake.on("GET /v2/team/app/tags/list", Reply(200, b'{"tags": ["v1"]}'))
    fake.on("GET /v2/_catalog", Reply(200, b'{"repositories": ["team/app"]}'))
    known = remote(fake, Host(NAME, tls=Tls.DISABLED))
    assert (await known.tags(SOURCE), await known.repositories(NAME)) == (["v1"], ["team/app"])
    assert fake.asked[0].url.startswith("http://")


class Turns(FakeRegistry):
    """Takes a second for each request, and keeps how many to one repository there were at once."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer late."""
        repository = request.url.path.split("/manifests/")[0]
        self.at_once[repository] += 1
        self.most[repository] = max(self.most[repository], self.at_once[repository])
        await trio.sleep(1)
        self.at_once[repository] -= 1
        return httpx.Response(201)


async def test_same_manifest_by_many(autojump_clock: trio.testing.MockClock) -> None:
    """Tasks that put one manifest into one repository take turns, and nobody else waits for them."""
    fake = Turns()
    known = remote(fake, Host(NAME, req_concurrent=9))
    async with trio.open_nursery() as nursery:
        for tag in ("a", "b", "c"):
            nursery.start_soon(known.put_manifest, Reference(TARGET, tag), MANIFEST)
            nursery.start_soon(
                known.put_manifest, Reference(SOURCE, tag), Manifest.read(IMAGE.manifest + b" " * ord(tag))
            )
    assert fake.most == {"/v2/team/copy": 1, "/v2/team/app": 3}
