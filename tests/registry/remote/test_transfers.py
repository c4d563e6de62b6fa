from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from regbot.registry import mediatype
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError
from regbot.registry.reference import Repository
from tests.fake_registry import NAME, FakeRegistry, Reply, remote

if TYPE_CHECKING:
    import httpx

    from regbot.registry.remote.remote import Remote

DATA = b"0123456789"
DIGEST = Digest.of(DATA)
BLOB = Descriptor("", DIGEST, len(DATA))
SOURCE, TARGET = Repository(NAME, "team/app"), Repository("other.test", "team/copy")
PATH = f"/v2/team/app/blobs/{DIGEST}"
UPLOADS = "/v2/team/copy/blobs/uploads/"
BEGUN = Reply(202, headers={"Location": "/up/1"})


def methods(fake: FakeRegistry) -> list[str]:
    """Return the methods of everything asked so far."""
    return [asked.method for asked in fake.asked]


class Slow(FakeRegistry):
    """Takes a second for each PUT, and fails the first *failures* of them."""

    failures = 0
    at_once = 0
    most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer late."""
        if request.method != "PUT":
            return await super().handle_async_request(request)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await trio.sleep(1)
            response = await super().handle_async_request(request)
        finally:
            self.at_once -= 1
        self.failures -= 1
        if self.failures >= 0:
            response.status_code = 403
        return response


@pytest.fixture
def slow() -> Slow:
    """Make the same, but slow."""
    made = Slow()
    made.on(f"GET {PATH}", Reply(200, DATA))
    made.on(f"POST {UPLOADS}", BEGUN)
    made.on("PUT /up/1", Reply(201))
    return made


async def copy(through: Remote, failures: list[RegistryError] | None = None) -> None:
    """Copy the blob; an error is added to *failures*."""
    try:
        await through.copy_blob(BLOB, SOURCE, TARGET)
    except RegistryError as exc:
        assert failures is not None
        failures.append(exc)


async def test_never_twice_at_a_time(slow: Slow, autojump_clock: trio.testing.MockClock) -> None:
    """Of copies of one blob to one place the first sends it, and the others need nothing."""
    through = remote(slow)
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(copy, through)
    assert methods(slow) == ["HEAD", "POST", "GET", "PUT"]


async def test_others_try_themselves(slow: Slow, autojump_clock: trio.testing.MockClock) -> None:
    """If the first fails, the others try one after another, until it is there."""
    slow.failures = 2
    through, failures = remote(slow), list[RegistryError]()
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(copy, through, failures)
    assert (len(failures), methods(slow).count("PUT"), slow.most) == (2, 3, 1)


async def test_first_is_cancelled(slow: Slow, autojump_clock: trio.testing.MockClock) -> None:
    """If the first is stopped, or one that waits, the others go on."""
    through = remote(slow)

    async def stopped(after: float) -> None:
        with trio.move_on_after(after):
            await copy(through)

    async with trio.open_nursery() as nursery:
        for work in (partial(stopped, 0.5), partial(stopped, 0.7), partial(copy, through), partial(copy, through)):
            nursery.start_soon(work)
            await trio.testing.wait_all_tasks_blocked()
    assert methods(slow).count("PUT") == 1
    assert slow.most == 1


async def test_other_places_do_not_wait(slow: Slow, autojump_clock: trio.testing.MockClock) -> None:
    """The same blob is sent to another repository meanwhile."""
    slow.on("POST /v2/team/other/blobs/uploads/", BEGUN)
    through = remote(slow)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(copy, through)
        nursery.start_soon(through.copy_blob, BLOB, SOURCE, Repository("other.test", "team/other"))
    assert slow.most == 2


async def test_kept_blob_of_unknown_size() -> None:
    """A kept config is sent with the length that it has, though the descriptor tells none."""
    fake = FakeRegistry()
    fake.on(f"GET {PATH}", Reply(200, DATA))
    fake.on(f"POST {UPLOADS}", BEGUN)
    fake.on("PUT /up/1", Reply(201))
    through = remote(fake)
    async with through.blob(SOURCE, replace(BLOB, media_type=mediatype.OCI_CONFIG)) as data:
        _ = [piece async for piece in data]
    await through.copy_blob(replace(BLOB, size=-1), SOURCE, TARGET)
    assert (fake.asked[-1].body, fake.asked[-1].headers["Content-Length"]) == (DATA, str(len(DATA)))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("target", [TARGET, Repository(NAME, "team/copy")], ids=["across", "within"])
async def test_target_that_may_not_be_read(target: Repository, status: int) -> None:
    """A blob that we may not look for is sent."""
    fake = FakeRegistry()
    fake.on(f"GET {PATH}", Reply(200, DATA))
    fake.on(f"HEAD /v2/team/copy/blobs/{DIGEST}", Reply(status))
    fake.on(f"POST {UPLOADS}", BEGUN)
    fake.on("PUT /up/1", Reply(201))
    await remote(fake).copy_blob(BLOB, SOURCE, target)
    assert fake.asked[-1].line.startswith("PUT /up/1")


async def test_target_that_cannot_be_asked() -> None:
    """Any other failure to look for it is one."""
    fake = FakeRegistry()
    fake.on(f"HEAD /v2/team/copy/blobs/{DIGEST}", Reply(400))
    with pytest.raises(RegistryError, match="400"):
        await remote(fake).copy_blob(BLOB, SOURCE, TARGET)
