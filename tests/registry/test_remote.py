from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.content import Bytes
from regbot.registry.hosts import Host, Tls
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference, Repository
from tests import images
from tests.fake_registry import NAME, FakeRegistry, Reply, error, remote

if TYPE_CHECKING:
    import httpx

    from regbot.registry.remote import Remote

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


class Slow(FakeRegistry):
    """Says what was true when it was asked, but not before a deletion is done."""

    def __init__(self) -> None:
        super().__init__()
        self.deleted = trio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer late."""
        response = await super().handle_async_request(request)
        if request.method != "DELETE":
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
    assert [asked.method for asked in fake.asked] == ["HEAD", "GET", "POST", "PUT"]


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
