from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from regbot.registry import mediatype
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError
from regbot.registry.http.retry import Retries
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference
from regbot.registry.referrers_index import EMPTY, tag_of, with_entry, without_entry
from regbot.registry.remote.referrers_tag import ReferrersTag
from tests.fake_registry import NAME, Asked, FakeRegistry, Reply, client, error

if TYPE_CHECKING:
    from collections.abc import Sequence

SUBJECT: Final = Reference.parse(f"{NAME}/team/app@{Digest.of(b'subject')}")
ENTRY: Final = Descriptor(mediatype.OCI_MANIFEST, Digest.of(b"referrer"), 1)
KEPT: Final = f"/v2/team/app/manifests/{tag_of(Digest.of(b'subject'))}"
FULL: Final = with_entry(EMPTY, ENTRY)
INDEX: Final = f"/v2/team/app/manifests/{Manifest.read(FULL).descriptor.digest}"


class Keeping(FakeRegistry):
    """Keeps the index that is put; the first puts are undone at once by what others, who did not see it, put."""

    def __init__(
        self, index: bytes = b"", *, others: Sequence[bytes] = (), media_type: str = mediatype.OCI_INDEX
    ) -> None:
        super().__init__()
        self.index, self._others, self._type = index, list(others), media_type
        self.on(f"PUT {KEPT}", self.put)
        for method in ("GET", "HEAD"):
            self.on(f"{method} {KEPT}", lambda _: self.get())

    def put(self, asked: Asked) -> Reply:
        """Take an index."""
        self.index = self._others.pop(0) if self._others else asked.body
        return Reply(201)

    def get(self) -> Reply:
        """Return the index."""
        headers = {"Content-Type": self._type, "Docker-Content-Digest": str(Digest.of(self.index))}
        return Reply(200, self.index, headers) if self.index else Reply(404, error("MANIFEST_UNKNOWN"))

    def puts(self) -> list[Asked]:
        """Return what was asked to be put."""
        return [asked for asked in self.asked if asked.method == "PUT"]


async def add(fake: FakeRegistry) -> None:
    """Add the entry to what the registry has."""
    await ReferrersTag(client(fake)).change(SUBJECT, lambda index: with_entry(index, ENTRY), "it is stored")


async def remove(fake: FakeRegistry) -> None:
    """Remove the entry from what the registry has."""
    await ReferrersTag(client(fake)).change(SUBJECT, lambda index: without_entry(index, ENTRY.digest), "it is deleted")


def full(*deletion: Reply) -> Keeping:
    """Return a registry whose index has the entry."""
    fake = Keeping(FULL)
    if deletion:
        fake.on(f"DELETE {INDEX}", *deletion)
    return fake


async def test_missing() -> None:
    """A tag that is not there is no index."""
    assert await ReferrersTag(client(FakeRegistry())).read(SUBJECT) is None


async def test_new() -> None:
    """The first referrer of a subject makes the index."""
    fake = Keeping()
    await add(fake)
    assert fake.lines == [f"GET {KEPT}", f"PUT {KEPT}", f"HEAD {KEPT}"]
    assert (fake.index, fake.puts()[0].headers["Content-Type"]) == (FULL, mediatype.OCI_INDEX)


async def test_overtaken() -> None:
    """If another process, which had read the index before, writes it after us, our entry is added to that one."""
    other = with_entry(EMPTY, Descriptor(mediatype.OCI_MANIFEST, Digest.of(b"other"), 1))
    fake = Keeping(others=[other])
    await add(fake)
    assert fake.index == with_entry(other, ENTRY)


async def test_removed_meanwhile() -> None:
    """If another process removes the index after us, it is made anew."""
    fake = Keeping(others=[b""])
    await add(fake)
    assert fake.index == FULL


async def test_overtaken_with_our_entry() -> None:
    """If another process has written it with our entry, that is all there is to do."""
    other = with_entry(FULL, Descriptor(mediatype.OCI_MANIFEST, Digest.of(b"other"), 1))
    fake = Keeping(others=[other])
    await add(fake)
    assert (fake.index, len(fake.puts())) == (other, 1)


async def test_overtaken_for_ever() -> None:
    """If others never let our entry stay, that is an error, which may pass."""
    fake = Keeping(others=[EMPTY] * 100)
    with pytest.raises(RegistryError, match="others changed it meanwhile") as caught:
        await add(fake)
    assert (caught.value.temporary, len(fake.puts())) == (True, Retries().tries)


@pytest.mark.parametrize("media_type", [mediatype.OCI_INDEX, mediatype.DOCKER_INDEX])
async def test_media_type_stays(media_type: str) -> None:
    """The index stays of the kind that it was."""
    fake = Keeping(b'{"manifests": []}', media_type=media_type)
    await add(fake)
    assert fake.puts()[0].headers["Content-Type"] == media_type


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
    assert fake.index == EMPTY


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
