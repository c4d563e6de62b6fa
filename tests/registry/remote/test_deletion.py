from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import httpcore
import httpx
import pytest
import trio
import trio.testing

from regbot.registry import mediatype
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, NotFound, RegistryError
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference
from regbot.registry.remote import deletion
from regbot.registry.remote.stand_in import RESTORE_PATIENCE, copy_of, empty
from tests import images
from tests.fake_registry import NAME, Asked, FakeRegistry, Reply, client, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MakeRegistry
    from tests.docker_registry import DockerRegistry
    from tests.skopeo import Skopeo

IMAGE = images.image()
PATH = "/v2/team/app/manifests/"
TAG = Reference.parse(f"{NAME}/team/app:v1")
UNSUPPORTED = Reply(405, error("UNSUPPORTED"))
PROBE = f"DELETE {PATH}{Digest.of(b'nonce')}"


class OldRegistry(FakeRegistry):
    """Deletes manifests and no tags; keeps what the tag points at."""

    def __init__(self) -> None:
        super().__init__()
        self.tag: bytes | None = IMAGE.manifest
        self.on(f"DELETE {PATH}v1", Reply(400, error("DIGEST_INVALID")))
        self.on(f"GET {PATH}v1", lambda _: self.get())
        self.on(f"HEAD {PATH}v1", lambda _: self.get())

    def put(self, asked: Asked) -> Reply:
        """Move the tag."""
        self.tag = asked.body
        return Reply(201)

    def delete(self, asked: Asked) -> Reply:
        """Delete the manifest of a digest."""
        if self.tag is None or not asked.url.endswith(str(Digest.of(self.tag))):
            return Reply(404, error("MANIFEST_UNKNOWN"))
        self.tag = None
        return Reply(202)

    def get(self) -> Reply:
        """Return what the tag points at."""
        if self.tag is None:
            return Reply(404, error("MANIFEST_UNKNOWN"))
        headers = {"Content-Type": IMAGE.media_type, "Docker-Content-Digest": str(Digest.of(self.tag))}
        return Reply(200, self.tag, headers)

    def _reply(self, asked: Asked) -> Reply:
        if asked.method == "DELETE" and "sha256:" in asked.url and asked.line not in self._answers:
            return self.delete(asked)
        return super()._reply(asked)


async def delete(fake: FakeRegistry, *, warn: Callable[[str], None] = lambda _: None) -> None:
    """Delete the tag."""
    await deletion.delete_tag(client(fake), TAG, warn=warn, nonce=lambda: "nonce")


def stand_in() -> str:
    """Return the digest of what stands in for the image."""
    return str(copy_of(Manifest.read(IMAGE.manifest), "nonce").descriptor.digest)


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_registry_that_can(status: int) -> None:
    """Where tags can be deleted that is one request."""
    fake = FakeRegistry()
    fake.on(f"DELETE {PATH}v1", Reply(status))
    await delete(fake)
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "UNAUTHORIZED"),
        (403, "DENIED"),
        (404, "MANIFEST_UNKNOWN"),
        (400, "NAME_INVALID"),
        (429, ""),
        (500, "UNSUPPORTED"),
    ],
)
async def test_other_refusals_are_final(status: int, code: str) -> None:
    """Only a registry that says it cannot is tricked; any other refusal is final and nothing else is sent."""
    fake = FakeRegistry()
    fake.on(f"DELETE {PATH}v1", Reply(status, error(code)))
    with pytest.raises(RegistryError) as caught:
        await delete(fake)
    assert (caught.value.status, set(fake.lines)) == (status, {f"DELETE {PATH}v1"})


@pytest.mark.parametrize(
    "refusal", [UNSUPPORTED, Reply(405), Reply(400, error("UNSUPPORTED")), Reply(404, error("UNSUPPORTED"))]
)
async def test_trick(refusal: Reply) -> None:
    """Where they cannot, the tag is moved to a manifest of its own, which is deleted."""
    fake = OldRegistry()
    fake.instead(f"DELETE {PATH}v1", refusal)
    fake.on(f"PUT {PATH}v1", fake.put)
    await delete(fake)
    methods = [f"DELETE {PATH}v1", PROBE, f"GET {PATH}v1", f"PUT {PATH}v1", f"DELETE {PATH}{stand_in()}"]
    assert (fake.lines, fake.tag) == (methods, None)


def test_stand_in() -> None:
    """What stands in names the same blobs, differs each time, and refers to no subject."""
    original = json.loads(IMAGE.manifest) | {"subject": json.loads(IMAGE.manifest)["config"]}
    manifest = Manifest.read(json.dumps(original).encode())
    made = [copy_of(manifest, nonce) for nonce in ("a", "b")]
    assert [each.blobs for each in made] == [manifest.blobs] * 2
    assert made[0].descriptor.digest != made[1].descriptor.digest
    assert made[0].subject is None


@pytest.mark.parametrize(
    "probe", [UNSUPPORTED, Reply(403, error("DENIED")), Reply(404, error("UNSUPPORTED")), Reply(500)]
)
async def test_nothing_can_be_deleted(probe: Reply) -> None:
    """Where manifests cannot be deleted either, nothing is written at all."""
    fake = OldRegistry()
    fake.on(PROBE, probe)
    with pytest.raises(RegistryError, match="manifests cannot be deleted there either"):
        await delete(fake)
    assert {asked.method for asked in fake.asked} == {"DELETE"}


async def test_missing_tag() -> None:
    """A tag that is not there is NotFound, and nothing is written."""
    fake = OldRegistry()
    fake.tag = None
    with pytest.raises(NotFound):
        await delete(fake)
    assert "PUT" not in {asked.method for asked in fake.asked}


async def test_no_tag() -> None:
    """A reference without a tag names no tag to delete."""
    fake = OldRegistry()
    with pytest.raises(InvalidText):
        await deletion.delete_tag(client(fake), TAG.at(Digest.of(b"")))
    assert fake.asked == []


@pytest.mark.parametrize(
    "fault", [Reply(500), Reply(403, error("DENIED")), httpcore.ReadError("gone"), UNSUPPORTED], ids=repr
)
async def test_put_back(fault: Reply | Exception) -> None:
    """If the last step fails, the tag points at what it did, and the error is that of the step."""
    fake = OldRegistry()
    fake.on(f"PUT {PATH}v1", fake.put)
    fake.on(f"DELETE {PATH}{stand_in()}", fault)
    with pytest.raises(RegistryError, match=f"DELETE .*{stand_in()}"):
        await delete(fake)
    assert fake.tag == IMAGE.manifest


async def test_refused_push() -> None:
    """If the stand-in may not be pushed, nothing was changed and nothing is put back."""
    fake = OldRegistry()
    fake.on(f"PUT {PATH}v1", Reply(403, error("DENIED")))
    with pytest.raises(RegistryError, match="403 DENIED"):
        await delete(fake)
    assert [asked.method for asked in fake.asked].count("PUT") == 1


def losing(work: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    """Return what does the same, and whose answer gets lost."""

    def lost(asked: Asked) -> Reply:
        work(asked)
        raise httpcore.ReadError("gone")

    return lost


async def test_lost_answer_of_the_push() -> None:
    """If the answer to the push is lost though it was done, it is not pushed again, and the tag goes."""
    fake = OldRegistry()
    fake.on(f"PUT {PATH}v1", losing(fake.put))
    await delete(fake)
    assert fake.tag is None
    assert [asked.method for asked in fake.asked].count("PUT") == 1


async def test_lost_answers_of_the_push_and_the_look() -> None:
    """If nothing can be learned of the push either, what was there is put back."""
    fake = OldRegistry()
    fake.on(f"PUT {PATH}v1", *[losing(fake.put)] * 6, fake.put)
    looks = [httpcore.ReadError("gone")] * 5
    fake.instead(f"HEAD {PATH}v1", *looks, lambda _: fake.get())
    with pytest.raises(RegistryError, match="tried 6 times"):
        await delete(fake)
    assert fake.tag == IMAGE.manifest


async def test_lost_answer_of_the_deletion() -> None:
    """If the answer to the deletion is lost though it was done, the tag counts as deleted."""
    fake = OldRegistry()
    fake.on(f"PUT {PATH}v1", fake.put)
    fake.on(f"DELETE {PATH}{stand_in()}", losing(fake.delete), fake.delete)
    await delete(fake)
    assert fake.tag is None


async def test_lost_answers_of_the_deletion() -> None:
    """If nothing can be learned of the deletion, that the tag is gone tells that it was done."""
    fake = OldRegistry()
    fake.on(f"PUT {PATH}v1", fake.put)
    fake.on(f"DELETE {PATH}{stand_in()}", losing(fake.delete))
    await delete(fake)
    assert fake.tag is None


async def test_lost_answer_of_the_first_deletion() -> None:
    """If the answer of a registry that deletes tags is lost, that the tag is gone is what was wanted."""
    fake = FakeRegistry()
    fake.on(f"DELETE {PATH}v1", httpcore.ReadError("gone"), Reply(404, error("MANIFEST_UNKNOWN")))
    await delete(fake)
    assert len(fake.asked) == 2


async def test_lost_answer_of_a_registry_that_cannot() -> None:
    """A registry that says after a lost answer that it cannot delete tags has deleted none."""
    fake = OldRegistry()
    fake.instead(f"DELETE {PATH}v1", httpcore.ReadError("gone"), Reply(404, error("UNSUPPORTED")))
    fake.on(f"PUT {PATH}v1", fake.put)
    await delete(fake)
    assert f"DELETE {PATH}{stand_in()}" in fake.lines


async def test_moved_by_somebody_else() -> None:
    """A tag that somebody pushed meanwhile stays where they put it."""
    fake = OldRegistry()

    def overtaken(_: Asked) -> Reply:
        fake.tag = b'{"layers": []}'
        return Reply(500)

    fake.on(f"PUT {PATH}v1", overtaken, fake.put)
    with pytest.raises(RegistryError, match="somebody else moved it"):
        await delete(fake)
    assert fake.tag == b'{"layers": []}'


class Late(OldRegistry):
    """Has the run stopped by each push to the tag, and takes some seconds for the first one, whoever waits for it."""

    def __init__(self, nursery: trio.Nursery, seconds: float) -> None:
        super().__init__()
        self.scope = trio.CancelScope()
        self._nursery, self._seconds = nursery, seconds
        self._done = trio.Event()
        self.on(f"PUT {PATH}v1", self.put)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer when it is done."""
        seconds, late = self._seconds, request.method == "PUT"
        if late and seconds:
            self._seconds = 0
            self._nursery.start_soon(self._work, request, seconds)
            self.scope.cancel()
            await self._done.wait()
            return httpx.Response(201)
        return await super().handle_async_request(request)

    async def _work(self, request: httpx.Request, seconds: float) -> None:
        await trio.sleep(seconds)
        await super().handle_async_request(request)
        self._done.set()


@pytest.mark.parametrize(
    ("seconds", "left", "warned"),
    [(1.0, None, 0), (3.0, IMAGE.manifest, 0), (5.0, IMAGE.manifest, 1)],
    ids=["ends", "undone", "too late"],
)
async def test_stopped_during_the_push(
    autojump_clock: trio.testing.MockClock, seconds: float, left: bytes | None, warned: int
) -> None:
    """What was pushed when the run is stopped is finished, else undone, else a warning says what may come of it."""
    warnings: list[str] = []
    async with trio.open_nursery() as nursery:
        fake = Late(nursery, seconds)
        with suppress(RegistryError), fake.scope:
            await delete(fake, warn=warnings.append)
        assert trio.current_time() <= RESTORE_PATIENCE
        assert fake.tag == left
    assert [f"a copy of {NAME}/team/app@{IMAGE.digest} to {TAG} mends it" in each for each in warnings] == [
        True
    ] * warned


async def test_unanswered_push(autojump_clock: trio.testing.MockClock) -> None:
    """A push that was never answered may be done yet, though the tag is still what it was: the error says so."""
    fake = OldRegistry()
    fake.on(f"PUT {PATH}v1", httpcore.ReadTimeout("late"))
    warnings: list[str] = []
    with pytest.raises(RegistryError, match="may still do it; a copy of") as caught:
        await delete(fake, warn=warnings.append)
    assert (caught.value.code, warnings) == ("TAG_LOST", [str(caught.value)])


async def test_lost() -> None:
    """If it cannot be put back either, the error says what to do about it, and so does a warning."""
    warnings: list[str] = []
    fake = OldRegistry()
    fake.on(f"PUT {PATH}v1", fake.put, Reply(500))
    fake.on(f"DELETE {PATH}{stand_in()}", Reply(500))
    with pytest.raises(RegistryError, match=f"a copy of .*{IMAGE.digest} to .* mends it") as caught:
        await delete(fake, warn=warnings.append)
    assert (caught.value.code, warnings) == ("TAG_LOST", [str(caught.value)])


async def test_silence_while_putting_back(autojump_clock: trio.testing.MockClock) -> None:
    """A registry that falls silent before the tag could be put back does not hold a run for ever."""

    class Silent(OldRegistry):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "HEAD":
                await trio.sleep_forever()
            return await super().handle_async_request(request)

    fake = Silent()
    fake.on(f"PUT {PATH}v1", fake.put)
    fake.on(f"DELETE {PATH}{stand_in()}", Reply(500))
    with pytest.raises(RegistryError, match="mends it"):
        await delete(fake)


class Stopping(OldRegistry):
    """Has the run stopped when the stand-in is put, and answers nothing from then on, or only errors."""

    def __init__(self, *, silent: bool) -> None:
        super().__init__()
        self.scope = trio.CancelScope()
        self.on(f"PUT {PATH}v1", self.put, Reply(500))
        self.on(f"DELETE {PATH}{stand_in()}", Reply(500))
        self._silent = silent

    def put(self, asked: Asked) -> Reply:
        """Move the tag, and stop the run."""
        self.scope.cancel()
        return super().put(asked)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, unless this is to be silence."""
        if self._silent and self.scope.cancel_called:
            await trio.sleep_forever()
        return await super().handle_async_request(request)


@pytest.mark.parametrize("silent", [True, False])
async def test_lost_when_stopped(autojump_clock: trio.testing.MockClock, *, silent: bool) -> None:
    """If a run is stopped and the tag cannot be put back, a warning says so soon enough, for no error can."""
    fake = Stopping(silent=silent)
    warnings: list[str] = []
    with pytest.raises(RegistryError, match="mends it"), fake.scope:
        await delete(fake, warn=warnings.append)
    assert [f"a copy of {NAME}/team/app@{IMAGE.digest} to {TAG} mends it" in each for each in warnings] == [True]
    assert trio.current_time() < 5


async def test_putting_back_waits_for_no_slot(autojump_clock: trio.testing.MockClock) -> None:
    """Where others hold every slot for long, the tag is put back all the same."""
    fake = OldRegistry()
    fake.on(f"PUT {PATH}v1", fake.put)
    sender = client(fake, Host(NAME, req_concurrent=1))

    async def others() -> None:
        async with sender.lease(NAME, NAME):
            await trio.sleep(3600)

    def refuse(_: Asked) -> Reply:
        nursery.start_soon(others)
        return Reply(500)

    fake.on(f"DELETE {PATH}{stand_in()}", refuse)
    async with trio.open_nursery() as nursery:
        with pytest.raises(RegistryError, match="500"):
            await deletion.delete_tag(sender, TAG, nonce=lambda: "nonce")
        nursery.cancel_scope.cancel()
    assert fake.tag == IMAGE.manifest


class Picky(OldRegistry):
    """Takes no manifest but one that names nothing: what the image names is gone."""

    def __init__(self, *refused: Reply) -> None:
        super().__init__()
        self._refused = list(refused)
        self.untagged = b""
        self.on(f"PUT {PATH}v1", self.put)

    def put(self, asked: Asked) -> Reply:
        """Move the tag, to an empty index."""
        if json.loads(asked.body).get("manifests") != []:
            return Reply(400, error("MANIFEST_BLOB_UNKNOWN"))
        return super().put(asked)

    def delete(self, asked: Asked) -> Reply:
        """Delete a manifest of whichever digest, unless it is to be refused."""
        if asked.url.endswith(str(Digest.of(self.untagged))):
            return self._refused.pop(0) if self._refused else Reply(202)
        return super().delete(asked)

    def _reply(self, asked: Asked) -> Reply:
        if asked.method == "PUT" and "sha256:" in asked.url:
            self.untagged = asked.body
            return Reply(201)
        return super()._reply(asked)


def schema_1(fake: OldRegistry) -> None:
    """Let the tag be of schema 1."""
    headers = {"Content-Type": mediatype.DOCKER_V1_SIGNED}
    fake.instead(f"GET {PATH}v1", Reply(200, b'{"fsLayers": []}', headers))


@pytest.mark.parametrize("old", [False, True])
async def test_no_copy_can_stand_in(*, old: bool) -> None:
    """For an image that lacks a layer, or of schema 1, an empty index stands in, once one could be deleted."""
    fake = Picky()
    if old:
        schema_1(fake)
    await deletion.delete_tag(client(fake), TAG, nonce=iter("abcde").__next__)
    assert fake.tag is None
    assert [asked.method for asked in fake.asked][-4:] == ["PUT", "DELETE", "PUT", "DELETE"]


async def test_empty_index_that_cannot_be_deleted() -> None:
    """Where such an index cannot be deleted the tag is never moved."""
    fake = Picky(Reply(403, error("DENIED")))
    with pytest.raises(RegistryError, match="403 DENIED"):
        await deletion.delete_tag(client(fake), TAG, nonce=iter("abcde").__next__)
    assert fake.tag == IMAGE.manifest


@pytest.mark.parametrize("stays", [False, True])
async def test_what_cannot_be_put_back(*, stays: bool) -> None:
    """A stand-in for what cannot be put back is deleted at a second go; where that fails, a warning says so."""
    fake, warnings = Picky(), list[str]()
    refusals = [Reply(403, error("DENIED"))] * (2 if stays else 1)
    fake.on(f"DELETE {PATH}{empty('c').descriptor.digest}", *refusals, fake.delete)
    with suppress(RegistryError):
        await deletion.delete_tag(client(fake), TAG, warn=warnings.append, nonce=iter("abcde").__next__)
    assert (fake.tag is None, ["cannot be put back" in each for each in warnings]) == (not stays, [True] * stays)


async def test_real_registry_without_a_layer(registry: DockerRegistry) -> None:
    """On docker-registry the tag of an image whose layer is gone can be deleted, and no other tag goes with it."""
    for tag in ("v1", "v2"):
        images.push(registry, "team/app", tag, IMAGE)
    registry.request("DELETE", f"/v2/team/app/blobs/{list(IMAGE.blobs)[1]}")
    sender = Client(Hosts([Host(registry.host, tls=Tls.DISABLED)]), user_agent="")
    await deletion.delete_tag(sender, Reference.parse(f"{registry.host}/team/app:v1"))
    await sender.aclose()
    assert registry.tags("team/app") == {"v2"}


@pytest.mark.parametrize("image", [IMAGE, images.image(kind="docker"), images.platforms("linux/amd64", "linux/arm64")])
async def test_real_registry(registry: DockerRegistry, skopeo: Skopeo, image: images.Image) -> None:
    """On docker-registry the tag goes, and every other tag of the same manifest stays whole."""
    for tag in ("v1", "v2"):
        images.push(registry, "team/app", tag, image)
    sender = Client(Hosts([Host(registry.host, tls=Tls.DISABLED)]), user_agent="")
    await deletion.delete_tag(sender, Reference.parse(f"{registry.host}/team/app:v1"))
    await sender.aclose()
    assert skopeo.digests(f"{registry.host}/team/app") == {"v2": image.digest}


async def test_real_registry_without_deletion(make_registry: MakeRegistry) -> None:
    """On one that deletes nothing, the tag stays what it was."""
    registry = make_registry(delete=False)
    images.push(registry, "team/app", "v1", IMAGE)
    sender = Client(Hosts([Host(registry.host, tls=Tls.DISABLED)]), user_agent="")
    with pytest.raises(RegistryError, match="405 UNSUPPORTED"):
        await deletion.delete_tag(sender, Reference.parse(f"{registry.host}/team/app:v1"))
    await sender.aclose()
    assert registry.digest("team/app", "v1") == IMAGE.digest
