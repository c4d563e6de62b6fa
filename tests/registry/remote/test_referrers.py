from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.registry import mediatype
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, NotFound, RegistryError
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference, Repository
from regbot.registry.referrers_index import tag_of
from regbot.registry.remote.referrers import API_LIFE, MAX_KNOWN, MAX_LISTED, Referrers
from tests import images
from tests.fake_registry import FakeRegistry, Reply, client, error
from tests.model.options import Options
from tests.model.registry import ModelRegistry
from tests.model.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.docker_registry import DockerRegistry
    from tests.model.message import Asked
    from tests.model.message import Reply as Told
    from tests.skopeo import Skopeo

NAME: Final = "registry.test"
SBOM, SIGNATURE = "application/x.sbom", "application/x.signature"
IMAGE = images.image()
DIGEST = Digest.parse(IMAGE.digest)
REPOSITORY = Repository(NAME, "team/app")
SUBJECT = Reference(REPOSITORY, digest=DIGEST)
TAG = tag_of(DIGEST)
API = f"GET /v2/team/app/referrers/{DIGEST}"
KEPT = f"GET /v2/team/app/manifests/{TAG}"
OCI = {"Content-Type": mediatype.OCI_INDEX}


def referrer(kind: str = SBOM, *, subject: str = IMAGE.digest, note: str = "") -> Manifest:
    """Return a manifest that refers to *subject*; *note* makes it differ from others."""
    tree = json.loads(IMAGE.manifest)
    tree |= {"artifactType": kind, "subject": {**tree["config"], "digest": subject}, "annotations": {"note": note}}
    return Manifest.read(json.dumps(tree).encode())


def listed(*manifests: Manifest) -> bytes:
    """Return an index that lists referrers."""
    entries = [
        {
            "mediaType": each.descriptor.media_type,
            "digest": str(each.descriptor.digest),
            "size": each.descriptor.size,
            "artifactType": each.artifact_type,
        }
        for each in manifests
    ]
    return json.dumps({"schemaVersion": 2, "mediaType": mediatype.OCI_INDEX, "manifests": entries}).encode()


def at(manifest: Manifest, repository: Repository = REPOSITORY) -> Reference:
    """Return the reference of a manifest by its digest."""
    return Reference(repository, digest=manifest.descriptor.digest)


class Model(ModelRegistry):
    """A model registry with the image, which keeps what it was asked."""

    def __init__(self, *, api: bool, page: int = 0, deletes: bool = True) -> None:
        super().__init__(Options(referrers=api, page=page, deletes=deletes))
        self.store.add("team/app", "v1", IMAGE)
        self.lines: list[str] = []

    async def __call__(self, asked: Asked) -> Told:
        """Answer a request, and take it down."""
        self.lines.append(f"{asked.method} {asked.path}")
        return await super().__call__(asked)

    @property
    def methods(self) -> list[str]:
        """Method and last part of the path but one of everything asked so far."""
        return [f"{line.split()[0]} {line.split('/')[-2]}" for line in self.lines]

    @asynccontextmanager
    async def reached(self) -> AsyncIterator[Referrers]:
        """Give what is tested, on a client that reaches only this registry."""
        async with trio.open_nursery() as nursery:
            world = World(nursery, {NAME: self})
            hosts = Hosts([Host(NAME, tls=Tls.DISABLED)])
            sender = Client(hosts, user_agent="", connect=world.connect)
            yield Referrers(sender)
            await sender.aclose()
            nursery.cancel_scope.cancel()


@pytest.mark.parametrize("api", [True, False])
async def test_put_and_list(*, api: bool) -> None:
    """What was put is listed, with type and annotations, whether the registry knows the API or not."""
    one, other = referrer(note="one"), referrer(SIGNATURE)
    async with Model(api=api).reached() as known:
        for manifest in (one, other):
            await known.put(at(manifest), manifest)
        found = await known.ls(SUBJECT)
        signatures = await known.ls(SUBJECT, artifact_type=SIGNATURE)
    assert {each.digest: each for each in found} == {each.descriptor.digest: each.referrer() for each in (one, other)}
    assert signatures == [other.referrer()]


@pytest.mark.parametrize("api", [True, False])
async def test_delete(*, api: bool) -> None:
    """What was deleted is no longer listed, and what is left still is."""
    one, other = referrer(), referrer(SIGNATURE)
    async with Model(api=api).reached() as known:
        for manifest in (one, other):
            await known.put(at(manifest), manifest)
        await known.delete(at(one), None)
        assert await known.ls(SUBJECT) == [other.referrer()]
        await known.delete(at(other), other)
        assert await known.ls(SUBJECT) == []


async def test_tag_goes_with_the_last() -> None:
    """The tag of a subject that nothing refers to any more is gone, and nothing else is."""
    model, manifest = Model(api=False), referrer()
    async with model.reached() as known:
        await known.put(at(manifest), manifest)
        await known.delete(at(manifest), manifest)
    assert model.store.tags == {"team/app:v1": IMAGE.digest}
    assert list(model.store.of("team/app").manifests) == [IMAGE.digest]


async def test_pages() -> None:
    """A list in pages is whole."""
    made = [referrer(note=str(number)) for number in range(5)]
    async with Model(api=True, page=2).reached() as known:
        for manifest in made:
            await known.put(at(manifest), manifest)
        found = await known.ls(SUBJECT, artifact_type=SBOM)
    assert {each.digest for each in found} == {each.descriptor.digest for each in made}


@pytest.mark.parametrize("api", [True, False])
async def test_nothing_refers(*, api: bool) -> None:
    """A manifest that nothing refers to, or that is not there, has no referrers."""
    async with Model(api=api).reached() as known:
        assert await known.ls(SUBJECT) == []
        assert await known.ls(SUBJECT.at(Digest.of(b"?"))) == []


async def test_ls_needs_a_digest() -> None:
    """A tag is no manifest to list the referrers of."""
    with pytest.raises(InvalidText, match="it needs a digest"):
        await Referrers(client(FakeRegistry())).ls(Reference(REPOSITORY, "v1"))


async def test_requests_without_a_subject() -> None:
    """A manifest that refers to nothing costs one PUT; to delete it, known, one DELETE, else a GET besides."""
    model, manifest = Model(api=False), Manifest.read(IMAGE.manifest)
    async with model.reached() as known:
        await known.put(Reference(REPOSITORY, "v2"), manifest)
        await known.delete(SUBJECT, manifest)
        await known.put(Reference(REPOSITORY, "v2"), manifest)
        await known.delete(SUBJECT, None)
    there = f"/v2/team/app/manifests/{DIGEST}"
    put = "PUT /v2/team/app/manifests/v2"
    assert model.lines == [put, f"DELETE {there}", put, f"GET {there}", f"DELETE {there}"]


async def test_requests_with_the_api() -> None:
    """Where the registry does it, a manifest with a subject costs no more than others."""
    model, manifest = Model(api=True), referrer()
    async with model.reached() as known:
        await known.put(at(manifest), manifest)
        await known.put(Reference(REPOSITORY, "sbom"), manifest)
        await known.delete(at(manifest), None)
    assert [line.split()[0] for line in model.lines] == ["PUT", "PUT", "DELETE"]


async def test_delete_finds_out() -> None:
    """Whether the registry itself keeps the referrers is asked before anything is deleted, and nothing else is done."""
    model, manifest = Model(api=True), referrer()
    model.store.add("team/app", "sbom", images.Image(mediatype.OCI_MANIFEST, manifest.body, {}))
    async with model.reached() as known:
        await known.delete(at(manifest), manifest)
    assert model.methods == ["GET referrers", "DELETE manifests"]


async def test_requests_without_the_api() -> None:
    """Where it does not, the index is read and written; that there is no API is found out once."""
    model, manifest = Model(api=False), referrer()
    async with model.reached() as known:
        await known.put(at(manifest), manifest)
        await known.ls(SUBJECT)
        await known.ls(SUBJECT)
        await known.delete(at(manifest), manifest)
    put = ["PUT manifests", "GET manifests", "PUT manifests", "HEAD manifests"]
    lists = ["GET referrers", "GET manifests", "GET manifests"]
    assert model.methods == [*put, *lists, "DELETE manifests", "GET manifests", "DELETE manifests"]


async def test_known_for_a_while(autojump_clock: trio.testing.MockClock) -> None:
    """After some minutes a registry may have learned the API."""
    model = Model(api=False)
    async with model.reached() as known:
        await known.ls(SUBJECT)
        await trio.sleep(API_LIFE + 1)
        await known.ls(SUBJECT)
    assert model.methods == ["GET referrers", "GET manifests"] * 2


async def test_knowledge_is_bounded() -> None:
    """Of very many repositories only the last are remembered."""
    fake = FakeRegistry()
    known = Referrers(client(fake))
    for number in range(MAX_KNOWN + 1):
        fake.on(f"GET /v2/r{number}/referrers/{DIGEST}", Reply(404))
        await known.ls(Reference(Repository(NAME, f"r{number}"), digest=DIGEST))
    for number in (MAX_KNOWN, 0):
        await known.ls(Reference(Repository(NAME, f"r{number}"), digest=DIGEST))
    assert [line.split("/")[2] for line in fake.lines[-3:]] == [f"r{MAX_KNOWN}", "r0", "r0"]


async def test_tag_comes_last() -> None:
    """Under a tag a referrer is put only once the index has it: a tag that is there says that all is done."""
    model, manifest = Model(api=False), referrer()
    async with model.reached() as known:
        await known.put(Reference(REPOSITORY, "sbom"), manifest)
    puts = [line.rpartition("/")[2] for line in model.lines if line.startswith("PUT")]
    assert puts == [str(manifest.descriptor.digest), TAG, "sbom"]


async def test_repeated_put() -> None:
    """What the index has already is not put into it again."""
    model, manifest = Model(api=False), referrer()
    async with model.reached() as known:
        for _ in range(2):
            await known.put(at(manifest), manifest)
        assert await known.ls(SUBJECT) == [manifest.referrer()]
    assert sum(line == f"PUT /v2/team/app/manifests/{TAG}" for line in model.lines) == 1


async def test_one_writer_at_a_time() -> None:
    """Of referrers that are put at once the index has all."""
    model, made = Model(api=False), [referrer(note=str(number)) for number in range(8)]
    async with model.reached() as known:
        async with trio.open_nursery() as nursery:
            for manifest in made:
                nursery.start_soon(known.put, at(manifest), manifest)
        assert len(await known.ls(SUBJECT)) == 8


async def test_other_tag_of_that_name() -> None:
    """What is under the tag and is no index is nobody's list, and is not overwritten."""
    model, manifest = Model(api=False), referrer()
    model.store.add("team/app", TAG, IMAGE)
    async with model.reached() as known:
        with pytest.raises(RegistryError, match=f"is stored, but .*{TAG} is no index"):
            await known.put(Reference(REPOSITORY, "sbom"), manifest)
        assert await known.ls(SUBJECT) == []
    assert model.store.tags == {"team/app:v1": IMAGE.digest, f"team/app:{TAG}": IMAGE.digest}


async def test_what_others_keep_in_the_index() -> None:
    """Whatever else the index says stays as it is."""
    model, manifest = Model(api=False), referrer()
    index = b'{ "manifests" : [],"schemaVersion":2, "x": [1.50] }'
    model.store.add("team/app", TAG, images.Image(mediatype.OCI_INDEX, index, {}))
    async with model.reached() as known:
        await known.put(at(manifest), manifest)
    held = model.store.of("team/app")
    body = held.manifests[held.tags[TAG]].body
    assert body.startswith(b'{ "manifests" : [{')
    assert body.endswith(b'],"schemaVersion":2, "x": [1.50] }')


@pytest.mark.parametrize("last", [True, False])
async def test_entries_of_what_is_gone(*, last: bool) -> None:
    """Entries that others left behind, which the registry refuses to have written again, are dropped."""
    model, gone, manifest = Model(api=False), referrer(note="gone"), referrer()
    async with model.reached() as known:
        for each in (gone, manifest):
            await known.put(at(each), each)
        model.store.drop("team/app", str(gone.descriptor.digest))
        other = referrer(SIGNATURE)
        if last:
            await known.delete(at(manifest), manifest)
        else:
            await known.put(at(other), other)
        assert await known.ls(SUBJECT) == ([] if last else [manifest.referrer(), other.referrer()])


@pytest.mark.parametrize(("said", "count"), [({"OCI-Filters-Applied": "artifactType"}, 2), ({}, 1)])
async def test_filter(said: dict[str, str], count: int) -> None:
    """Where the registry does not say that it chose by type, it is done here."""
    fake = FakeRegistry()
    fake.on(API, Reply(200, listed(referrer(), referrer(SIGNATURE)), {**OCI, **said}))
    assert len(await Referrers(client(fake)).ls(SUBJECT, artifact_type=SBOM)) == count
    assert fake.lines == [f"{API}?artifactType=application%2Fx.sbom"]


async def test_listed_twice() -> None:
    """What is on two pages is listed once."""
    fake = FakeRegistry()
    first = Reply(200, listed(referrer()), {**OCI, "Link": '<?page=2>; rel="next"'})
    fake.on(API, first, Reply(200, listed(referrer(), referrer(SIGNATURE)), OCI))
    assert len(await Referrers(client(fake)).ls(SUBJECT)) == 2


@pytest.mark.parametrize("status", [400, 404, 405, 501])
@pytest.mark.parametrize(("code", "asked"), [("", 1), ("UNSUPPORTED", 1), ("NAME_UNKNOWN", 2)])
async def test_no_api(status: int, code: str, asked: int) -> None:
    """Without the API the tag tells; a refusal that is about the repository tells nothing of the registry."""
    fake = FakeRegistry()
    fake.on(API, Reply(status, error(code) if code else b"no such page"))
    fake.on(KEPT, Reply(200, listed(referrer()), OCI))
    known = Referrers(client(fake))
    for _ in range(2):
        assert len(await known.ls(SUBJECT, artifact_type=SBOM)) == 1
    assert sum(line.startswith(API) for line in fake.lines) == asked


async def test_page_for_people() -> None:
    """A registry that answers anything with a page for people has no API."""
    fake = FakeRegistry()
    fake.on(API, Reply(200, b"<html>", {"Content-Type": "text/html; charset=utf-8"}))
    fake.on(KEPT, Reply(200, listed(referrer(), referrer(SIGNATURE)), OCI))
    assert len(await Referrers(client(fake)).ls(SUBJECT, artifact_type=SIGNATURE)) == 1


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(403, error("DENIED")), "403 DENIED"),
        (Reply(200, b"[]", OCI), "no JSON object"),
        (Reply(200, b'{"manifests": [{}]}', OCI), "has no size"),
        (Reply(200, listed(), {**OCI, "Link": '<https://other.test/v2/>; rel="next"'}), "not the registry"),
        (Reply(200, listed(referrer()), {**OCI, "Link": '<?page=1>; rel="next"'}), "does not end"),
    ],
)
async def test_refused(reply: Reply, words: str) -> None:
    """A list that cannot be had is an error, and not an empty list."""
    fake = FakeRegistry()
    fake.on(API, reply)
    with pytest.raises(RegistryError, match=words) as caught:
        await Referrers(client(fake)).ls(SUBJECT)
    assert caught.value.repository == "team/app"


async def test_next_page_is_missing() -> None:
    """A list that breaks off is not taken for the whole."""
    fake = FakeRegistry()
    fake.on(API, Reply(200, listed(referrer()), {**OCI, "Link": '<?page=2>; rel="next"'}), Reply(404))
    with pytest.raises(NotFound):
        await Referrers(client(fake)).ls(SUBJECT)


async def test_too_many() -> None:
    """A list of more than is ever needed is an error."""
    fake = FakeRegistry()
    fake.on(API, *(Reply(200, page(number), {**OCI, "Link": f'<?page={number}>; rel="next"'}) for number in range(6)))
    with pytest.raises(RegistryError, match=f"more than {MAX_LISTED}"):
        await Referrers(client(fake)).ls(SUBJECT)


def page(number: int) -> bytes:
    """Return a page of ten thousand referrers."""
    entries = (
        f'{{"mediaType":"m","size":1,"digest":"sha256:{place:064x}"}}'
        for place in range(number * 10_000, (number + 1) * 10_000)
    )
    return f'{{"mediaType":"{mediatype.OCI_INDEX}","manifests":[{",".join(entries)}]}}'.encode()


@pytest.mark.parametrize(("api", "puts"), [(True, 0), (False, 1)])
async def test_lost_answer(*, api: bool, puts: int) -> None:
    """If the answer to the push is lost, the registry is asked whether it has the API."""
    fake, manifest = FakeRegistry(), referrer()
    there = f"/v2/team/app/manifests/{manifest.descriptor.digest}"
    fake.on(f"PUT {there}", Reply(502))
    fake.on(f"HEAD {there}", Reply(200))
    fake.on(API, Reply(200, listed(manifest), OCI) if api else Reply(404))
    fake.on(KEPT, Reply(404), Reply(200, listed(manifest), OCI))
    fake.on(f"PUT /v2/team/app/manifests/{TAG}", Reply(201))
    fake.on(f"HEAD /v2/team/app/manifests/{TAG}", Reply(200))
    await Referrers(client(fake)).put(at(manifest), manifest)
    assert sum(line.endswith(TAG) and line.startswith("PUT") for line in fake.lines) == puts


async def test_api_that_cannot_be_asked() -> None:
    """Where it cannot be found out how referrers are kept, nothing is deleted."""
    fake, manifest = FakeRegistry(), referrer()
    fake.on(API, Reply(403, error("DENIED")))
    with pytest.raises(RegistryError, match="403 DENIED"):
        await Referrers(client(fake)).delete(at(manifest), manifest)
    assert fake.lines == [API]


async def test_delete_missing() -> None:
    """What is not there cannot be deleted, and the error is that of the deletion."""
    with pytest.raises(NotFound, match="DELETE"):
        await Referrers(client(FakeRegistry())).delete(SUBJECT, None)


async def test_delete_nonsense() -> None:
    """What cannot be understood can be deleted."""
    fake = FakeRegistry()
    fake.on(f"GET /v2/team/app/manifests/{DIGEST}", Reply(200, b"{"))
    fake.on(f"DELETE /v2/team/app/manifests/{DIGEST}", Reply(202))
    await Referrers(client(fake)).delete(SUBJECT, None)
    assert fake.lines[-1].startswith("DELETE")


async def test_delete_needs_a_digest() -> None:
    """A tag is no manifest to delete."""
    fake = FakeRegistry()
    with pytest.raises(InvalidText, match="it needs a digest"):
        await Referrers(client(fake)).delete(Reference(REPOSITORY, "v1"), None)
    assert fake.asked == []


async def test_real_registry(registry: DockerRegistry, skopeo: Skopeo) -> None:
    """On docker-registry, which has no API, others see in the tag's index what refers to an image."""
    images.push(registry, "team/app", "v1", IMAGE)
    here = Repository(registry.host, "team/app")
    sender = Client(Hosts([Host(registry.host, tls=Tls.DISABLED)]), user_agent="")
    known, one, other = Referrers(sender), referrer(), referrer(SIGNATURE)
    for manifest in (one, other):
        await known.put(at(manifest, here), manifest)
    index = json.loads(skopeo("inspect", "--raw", f"docker://{registry.host}/team/app:{TAG}"))
    assert [entry["artifactType"] for entry in index["manifests"]] == [SBOM, SIGNATURE]
    await known.delete(at(one, here), one)
    assert await known.ls(Reference(here, digest=DIGEST)) == [other.referrer()]
    await known.delete(at(other, here), None)
    await sender.aclose()
    assert registry.tags("team/app") == {"v1"}


async def test_real_registry_with_what_is_gone(registry: DockerRegistry) -> None:
    """docker-registry takes no index of what is not there: entries that others left behind are dropped."""
    images.push(registry, "team/app", "v1", IMAGE)
    here = Repository(registry.host, "team/app")
    sender = Client(Hosts([Host(registry.host, tls=Tls.DISABLED)]), user_agent="")
    known, gone, manifest = Referrers(sender), referrer(note="gone"), referrer()
    await known.put(at(gone, here), gone)
    registry.request("DELETE", f"/v2/team/app/manifests/{gone.descriptor.digest}")
    await known.put(at(manifest, here), manifest)
    assert await known.ls(Reference(here, digest=DIGEST)) == [manifest.referrer()]
    await sender.aclose()
