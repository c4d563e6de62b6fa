from __future__ import annotations

from typing import Final

import pytest

from regbot.registry import mediatype
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference
from regbot.registry.referrers_index import EMPTY, tag_of, with_entry, without_entry
from regbot.registry.referrers_tag import ReferrersTag
from tests.fake_registry import NAME, FakeRegistry, Reply, client, error

SUBJECT: Final = Reference.parse(f"{NAME}/team/app@{Digest.of(b'subject')}")
ENTRY: Final = Descriptor(mediatype.OCI_MANIFEST, Digest.of(b"referrer"), 1)
KEPT: Final = f"/v2/team/app/manifests/{tag_of(Digest.of(b'subject'))}"
FULL: Final = with_entry(EMPTY, ENTRY)
INDEX: Final = f"/v2/team/app/manifests/{Manifest.read(FULL).descriptor.digest}"


async def add(fake: FakeRegistry) -> None:
    """Add the entry to what the registry has."""
    await ReferrersTag(client(fake)).change(SUBJECT, lambda index: with_entry(index, ENTRY), "it is stored")


async def remove(fake: FakeRegistry) -> None:
    """Remove the entry from what the registry has."""
    await ReferrersTag(client(fake)).change(SUBJECT, lambda index: without_entry(index, ENTRY.digest), "it is deleted")


def full(*deletion: Reply) -> FakeRegistry:
    """Return a registry whose index has the entry."""
    fake = FakeRegistry()
    fake.on(f"GET {KEPT}", Reply(200, FULL, {"Content-Type": mediatype.OCI_INDEX}))
    fake.on(f"PUT {KEPT}", Reply(201))
    if deletion:
        fake.on(f"DELETE {INDEX}", *deletion)
    return fake


async def test_missing() -> None:
    """A tag that is not there is no index."""
    assert await ReferrersTag(client(FakeRegistry())).read(SUBJECT) is None


async def test_new() -> None:
    """The first referrer of a subject makes the index."""
    fake = FakeRegistry()
    fake.on(f"PUT {KEPT}", Reply(201))
    await add(fake)
    assert (fake.asked[-1].body, fake.asked[-1].headers["Content-Type"]) == (FULL, mediatype.OCI_INDEX)


@pytest.mark.parametrize("media_type", [mediatype.OCI_INDEX, mediatype.DOCKER_INDEX])
async def test_media_type_stays(media_type: str) -> None:
    """The index stays of the kind that it was."""
    fake = FakeRegistry()
    fake.on(f"GET {KEPT}", Reply(200, b'{"manifests": []}', {"Content-Type": media_type}))
    fake.on(f"PUT {KEPT}", Reply(201))
    await add(fake)
    assert fake.asked[-1].headers["Content-Type"] == media_type


async def test_nothing_to_remove() -> None:
    """Where there is no index, none is made to remove something from it."""
    fake = FakeRegistry()
    await remove(fake)
    assert fake.lines == [f"GET {KEPT}"]


@pytest.mark.parametrize("answer", [Reply(202), Reply(404, error("MANIFEST_UNKNOWN"))])
async def test_last(answer: Reply) -> None:
    """The index goes with its last entry, by its digest: who moved the tag meanwhile loses nothing."""
    fake = full(answer)
    await remove(fake)
    assert fake.lines == [f"GET {KEPT}", f"DELETE {INDEX}"]


@pytest.mark.parametrize("refusal", [Reply(405, error("UNSUPPORTED")), Reply(403, error("DENIED")), Reply(409)])
async def test_index_that_cannot_be_deleted(refusal: Reply) -> None:
    """Where the index must not be deleted, an empty one takes its place."""
    fake = full(refusal)
    await remove(fake)
    assert fake.asked[-1].line == f"PUT {KEPT}"
    assert fake.asked[-1].body == EMPTY


@pytest.mark.parametrize("reply", [Reply(200, b"[]"), Reply(403, error("DENIED")), Reply(500)])
async def test_unreadable(reply: Reply) -> None:
    """What is under the tag and cannot be read is not overwritten; the error says what was done before."""
    fake = FakeRegistry()
    fake.on(f"GET {KEPT}", reply)
    with pytest.raises(RegistryError, match=r"^it is stored, but the index of what refers to .* could not be changed"):
        await add(fake)
    assert {asked.method for asked in fake.asked} == {"GET"}


async def test_refused_index() -> None:
    """An index that is refused for another reason than what is gone is an error that carries the cause's data."""
    fake = FakeRegistry()
    fake.on(f"PUT {KEPT}", Reply(403, error("DENIED")))
    with pytest.raises(RegistryError, match="403 DENIED") as caught:
        await add(fake)
    assert (caught.value.status, caught.value.code, caught.value.repository) == (403, "DENIED", "team/app")
    assert caught.value.request.startswith("PUT")


async def test_refused_though_all_is_there() -> None:
    """If everything in the index is there after all, the refusal stands."""
    fake = FakeRegistry()
    fake.on(f"PUT {KEPT}", Reply(400, error("MANIFEST_BLOB_UNKNOWN")))
    fake.on(f"HEAD /v2/team/app/manifests/{ENTRY.digest}", Reply(200))
    with pytest.raises(RegistryError, match="MANIFEST_BLOB_UNKNOWN"):
        await add(fake)
    assert [asked.method for asked in fake.asked] == ["GET", "PUT", "HEAD"]
