from __future__ import annotations

from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest

from regbot.registry.content import Bytes
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.held import Held
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Repository
from regbot.supervisor.dry.plan import MAX_BLOB, MAX_BLOBS, MAX_PLAN, Pending, Plan, Unkept
from tests import images

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

TEAM = Repository.parse("registry.test/team/app")
MANIFEST = Manifest.read(images.image().manifest)
DIGEST = MANIFEST.descriptor.digest
ZEROS = bytes(MAX_BLOB)


def described(data: bytes, size: int | None = None) -> Descriptor:
    """Return the descriptor of a blob, which may lie about its size."""
    return Descriptor("", Digest.of(data), len(data) if size is None else size)


def numbered(number: int) -> Digest:
    """Return one of many digests."""
    return Digest("sha256", f"{number:064x}")


class Broken:
    """Content that ends in an error."""

    @asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:  # noqa: ARG002 -- a Content
        """Give a piece and fail."""
        yield Held(b"piece")
        raise RegistryError("gone")


@pytest.fixture
def plan() -> Plan:
    """Make an empty plan."""
    return Plan()


@pytest.fixture
def pending(plan: Plan) -> Pending:
    """Give the plan for one repository."""
    return plan.writing("team", TEAM)


def test_repositories(plan: Plan) -> None:
    """What would be written is kept by repository; of others nothing is known."""
    written = plan.writing("one", TEAM)
    assert plan.writing("one", TEAM) is plan.get("one") is written
    assert plan.get("other") is None
    assert list(plan.all()) == [written]


def test_manifest(plan: Plan, pending: Pending) -> None:
    """A manifest comes back as it was, without the quota of where it came from."""
    plan.note_manifest(pending, MANIFEST)
    planned = pending.manifests[DIGEST]
    assert planned is not None
    assert planned.manifest() == MANIFEST
    assert not planned.manifest().rate_limit.known


def test_deleted_manifest(plan: Plan, pending: Pending) -> None:
    """A deleted manifest takes its tags, and may come back."""
    plan.note_manifest(pending, MANIFEST)
    plan.note_tag(pending, "v1", DIGEST)
    plan.note_tag(pending, "v2", numbered(2))
    plan.note_deleted(pending, DIGEST)
    assert (pending.manifests, pending.tags) == ({DIGEST: None}, {"v1": None, "v2": numbered(2)})
    plan.note_manifest(pending, MANIFEST)
    assert pending.manifests[DIGEST]
    plan.note_deleted(pending, DIGEST)
    assert (pending.manifests[DIGEST], pending.buried) == (None, {DIGEST})


def test_full_of_manifests(plan: Plan, pending: Pending) -> None:
    """More manifests than the bound are an error that names it; what is there already costs nothing."""
    large = [Manifest.read(b'{"layers": [], "number": %d, "x": "%s"}' % (n, b"x" * (4 << 20))) for n in range(16)]
    for each in (*large[:15], *large[:15]):
        plan.note_manifest(pending, each)
    with pytest.raises(RegistryError, match=f"{MAX_PLAN >> 20} MiB of manifests") as caught:
        plan.note_manifest(pending, large[15])
    assert (caught.value.code, caught.value.repository) == ("TOO_LARGE", TEAM.path)
    assert large[15].descriptor.digest not in pending.manifests


NOTE: Final[dict[str, Callable[[Plan, Pending, int], object]]] = {
    "tags": lambda plan, pending, number: plan.note_tag(pending, str(number), None),
    "blobs": lambda plan, pending, number: plan.note_blob(pending, numbered(number), TEAM),
    "deleted": lambda plan, pending, number: plan.note_deleted(pending, numbered(number)),
    "below": lambda plan, pending, number: plan.note_below(pending, str(number), None),
    "repositories": lambda plan, _, number: plan.writing(str(number), TEAM),
}


@pytest.mark.parametrize("what", NOTE)
def test_full_of_names(plan: Plan, pending: Pending, what: str) -> None:
    """Names are bounded as well, of whatever they are."""
    for number in range(150_000):
        NOTE[what](plan, pending, number)
    with pytest.raises(RegistryError, match="more than it can remember"):
        deque((NOTE[what](plan, pending, number) for number in range(150_000, 200_000)), maxlen=0)


def test_the_same_names_again(plan: Plan, pending: Pending) -> None:
    """What is noted again takes no more room."""
    for _ in range(200_000):
        plan.note_tag(pending, "v1", None)
        plan.note_blob(pending, DIGEST, TEAM)
    plan.note_deleted(pending, DIGEST)
    assert pending.tags == {"v1": None}


@pytest.mark.parametrize("data", [b"", b"small", ZEROS])
async def test_blob(plan: Plan, pending: Pending, data: bytes) -> None:
    """A small blob is kept."""
    assert await plan.read(pending, described(data), Bytes(data)) == data


async def test_large_blob(plan: Plan, pending: Pending) -> None:
    """A large one is read to its end and not kept."""
    data = ZEROS + b"x"
    assert await plan.read(pending, described(data), Bytes(data)) == Unkept(len(data))


@pytest.mark.parametrize(
    ("given", "data", "why"),
    [
        (described(b"data"), b"dat", "less than the 4"),
        (described(b"data"), b"data!", "more than the 4"),
        (described(b"data"), b"date", "should have the digest"),
        (described(ZEROS, MAX_BLOB + 1), ZEROS, "less than"),
        (described(ZEROS + b"x"), ZEROS + b"y", "should have the digest"),
        (Descriptor("", Digest("sha256", "0" * 32), 4), b"data", "cannot be checked"),
    ],
)
async def test_wrong_blob(plan: Plan, pending: Pending, given: Descriptor, data: bytes, why: str) -> None:
    """One that is not what it should be is refused, be it kept or not."""
    with pytest.raises(Unverified, match=why):
        await plan.read(pending, given, Bytes(data))


async def test_full_of_blobs(plan: Plan, pending: Pending) -> None:
    """When all that may be kept is kept, blobs are read and forgotten; what failed, or was known, took no room."""
    wrong = described(ZEROS[1:], len(ZEROS))
    contents = [bytes([number]) * MAX_BLOB for number in range(MAX_BLOBS // MAX_BLOB)]
    for data in contents:
        with pytest.raises(Unverified):
            await plan.read(pending, wrong, Bytes(ZEROS))
        with pytest.raises(RegistryError, match="gone"):
            await plan.read(pending, described(ZEROS), Broken())
        for _ in range(2):
            found = await plan.read(pending, described(data), Bytes(data))
            plan.note_blob(pending, described(data).digest, found)
    assert await plan.read(pending, described(b"x"), Bytes(b"x")) == Unkept(1)
    assert [pending.blobs[described(data).digest] for data in contents] == contents


def test_what_is_known_of_a_blob(plan: Plan, pending: Pending) -> None:
    """Where a blob can be read stays known; that it cannot is replaced."""
    plan.note_blob(pending, DIGEST, Unkept(5))
    plan.note_blob(pending, DIGEST, b"bytes")
    plan.note_blob(pending, DIGEST, Unkept(5))
    assert pending.blobs == {DIGEST: b"bytes"}
