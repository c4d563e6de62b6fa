from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError
from regbot.registry.held import Held
from regbot.registry.hosts import Host, Tls
from regbot.registry.reference import Repository
from regbot.registry.remote import blobs, uploads
from regbot.registry.remote.uploads import Part, Upload
from tests.fake_registry import NAME, FakeRegistry, Reply, client, error, host
from tests.registry.remote.breaking import Breaking

if TYPE_CHECKING:
    import httpx

    from tests.docker_registry import DockerRegistry

DATA = b"0123456789"
DIGEST = Digest.of(DATA)
REPOSITORY = Repository(NAME, "team/app")
SOURCE = Repository(NAME, "team/base")
UPLOADS = "/v2/team/app/blobs/uploads/"
CHALLENGE = Reply(401, headers={"WWW-Authenticate": "Basic"})


def accepted(location: str = "/up/1", **headers: str) -> Reply:
    """Return the answer of a registry that awaits an upload; the names of headers may have _ for -."""
    return Reply(202, headers={"Location": location, **{key.replace("_", "-"): text for key, text in headers.items()}})


def part(data: bytes = DATA) -> Part:
    """Return bytes to send."""
    return Part(Held(data), len(data))


async def upload(fake: FakeRegistry, *hosts: Host) -> Upload:
    """Begin an upload."""
    return await uploads.begin(client(fake, *hosts), REPOSITORY, DIGEST)


@pytest.mark.parametrize("cuts", [[], [4], [3, 6, 9]])
async def test_upload(registry: DockerRegistry, cuts: list[int]) -> None:
    """A blob that comes in chunks, and one that comes in one piece, is stored."""
    sender = Breaking().client(Host(registry.host, tls=Tls.DISABLED))
    repository = Repository(registry.host, "team/app")
    made = await uploads.begin(sender, repository, DIGEST)
    offset = 0
    for cut in cuts:
        made, offset = await uploads.extend(sender, made, offset, part(DATA[offset:cut]))
        assert (await uploads.progress(sender, made, cut))[1] == offset == cut
    await uploads.finish(sender, made, DIGEST, part(DATA[offset:]))
    assert await blobs.has(sender, repository, DIGEST)
    await sender.aclose()
    assert registry.request("GET", f"/v2/team/app/blobs/{DIGEST}")[2] == DATA


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/up/1?state=a%2Fb%3D", f"https://{NAME}/up/1?state=a%2Fb%3D&digest="),
        (f"https://{NAME}/up/1", f"https://{NAME}/up/1?digest="),
        ("1", f"https://{NAME}{UPLOADS}1?digest="),
    ],
)
async def test_location(location: str, url: str) -> None:
    """An upload goes where the registry says, and the query that it wants stays as it is."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", CHALLENGE, accepted(location))
    fake.on(f"PUT {url.split('?', maxsplit=1)[0].removeprefix(f'https://{NAME}')}", Reply(201))
    sender = client(fake, host(user="bot"))
    await uploads.finish(sender, await uploads.begin(sender, REPOSITORY, DIGEST), DIGEST, part())
    put = fake.asked[-1]
    assert (put.url, put.body) == (f"{url}sha256%3A{DIGEST.encoded}", DATA)
    assert (put.headers["Content-Length"], "Authorization" in put.headers) == ("10", True)


async def test_elsewhere() -> None:
    """An upload to another host is made, without our credentials."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", CHALLENGE, accepted("https://store.test/up?key=1"))
    fake.on("PUT /up", Reply(201))
    sender = client(fake, host(user="bot"))
    await uploads.finish(sender, await uploads.begin(sender, REPOSITORY, DIGEST), DIGEST, part())
    assert fake.asked[-1].url.startswith("https://store.test/up?key=1")
    assert "Authorization" not in fake.asked[-1].headers


@pytest.mark.parametrize("location", ["", "http://registry.test/up", "http://["])
async def test_nowhere(location: str) -> None:
    """A registry that names no place for an upload, or one in the clear, is not sent anything."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", accepted(location))
    with pytest.raises(RegistryError, match="leads to"):
        await upload(fake)
    assert len(fake.asked) == 1


async def test_other_algorithm() -> None:
    """A registry is told beforehand by which algorithm it will have to hash."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", accepted())
    await uploads.begin(client(fake), REPOSITORY, Digest.of(DATA, "sha512"))
    assert fake.lines == [f"POST {UPLOADS}?digest-algorithm=sha512"]


async def test_chunk() -> None:
    """A chunk says which bytes it is, without a unit; the next one goes where the answer says."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", accepted(OCI_Chunk_Min_Length="5"))
    fake.on("PATCH /up/1", accepted("/up/2", Range="0-9"))
    made = await upload(fake)
    found = await uploads.extend(client(fake), made, 4, part(DATA[4:]))
    assert (made.minimum, found[0].minimum, found[0].location.path, found[1]) == (5, 5, "/up/2", 10)
    sent = fake.asked[-1].headers
    assert (sent["Content-Range"], sent["Content-Length"]) == ("4-9", "6")
    assert sent["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("said", "size", "offset"),
    [("0-9", 10, 10), ("bytes=0-9", 10, 10), ("0-4", 10, 5), ("0-0", 10, 0), ("0-0", 1, 1), (None, 10, 10)],
)
async def test_range(said: str | None, size: int, offset: int) -> None:
    """The answer to a chunk tells what the registry has: all, where it says nothing."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", accepted())
    fake.on("PATCH /up/1", Reply(202, headers={"Range": said} if said else {}))
    found = await uploads.extend(client(fake), await upload(fake), 0, part(DATA[:size]))
    assert (found[1], found[0].location.path) == (offset, "/up/1")


@pytest.mark.parametrize("said", ["", "many", "5-9", "0-" + "9" * 30])
async def test_no_range(said: str) -> None:
    """A registry that does not tell what it has is an error where it was asked."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", accepted())
    fake.on("GET /up/1", Reply(204, headers={"Range": said}))
    with pytest.raises(RegistryError, match="which bytes"):
        await uploads.progress(client(fake), await upload(fake), 0)


async def test_mount() -> None:
    """A mount names digest and source, as the registry itself calls it."""
    fake = FakeRegistry()
    fake.on("POST /v2/hub/team/app/blobs/uploads/", Reply(201))
    sender = client(fake, Host(NAME, path_prefix="hub"))
    assert await uploads.mount(sender, DIGEST, SOURCE, REPOSITORY) is None
    query = f"?mount=sha256%3A{DIGEST.encoded}&from=hub%2Fteam%2Fbase"
    assert fake.lines == ["POST /v2/hub/team/app/blobs/uploads/" + query]


async def test_mount_falls_to_an_upload() -> None:
    """A registry that mounts nothing has begun an upload instead."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", accepted())
    made = await uploads.mount(client(fake), DIGEST, SOURCE, REPOSITORY)
    assert made is not None
    assert made.location.path == "/up/1"


async def test_mount_refused() -> None:
    """Where the source may not be mounted from, an upload is begun without it."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", Reply(403, error("DENIED")), accepted())
    assert await uploads.mount(client(fake), DIGEST, SOURCE, REPOSITORY) is not None
    assert fake.lines[-1] == f"POST {UPLOADS}"


async def test_mount_fails() -> None:
    """A registry that stays in trouble is not asked for an upload."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", Reply(500))
    with pytest.raises(RegistryError, match="500"):
        await uploads.mount(client(fake), DIGEST, SOURCE, REPOSITORY)
    assert all("mount=" in line for line in fake.lines)


async def test_cancel(registry: DockerRegistry) -> None:
    """An upload that is given up is gone."""
    sender = Breaking().client(Host(registry.host, tls=Tls.DISABLED))
    made = await uploads.begin(sender, Repository(registry.host, "team/app"), DIGEST)
    await uploads.cancel(sender, made)
    with pytest.raises(RegistryError, match="404"):
        await uploads.progress(sender, made, 0)
    await sender.aclose()


class Mute(FakeRegistry):
    """Never answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 -- a transport's
        """Wait for ever."""
        await trio.sleep_forever()


async def test_cancel_of_the_silent(autojump_clock: trio.testing.MockClock) -> None:
    """Nobody waits long for a registry to take note that an upload was given up, nor minds what it says."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", accepted())
    made = await upload(fake)
    await uploads.cancel(client(fake), made)
    await uploads.cancel(client(Mute()), made)
    assert trio.current_time() == uploads.CANCEL_PATIENCE


@pytest.mark.parametrize("fails", [True, False])
async def test_cancelled_on_failure(*, fails: bool) -> None:
    """An upload is given up if what was to be done with it failed, and only then."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", accepted("/up/1?s=1"))
    made = await upload(fake)
    with pytest.raises(ZeroDivisionError) if fails else trio.CancelScope():
        async with uploads.cancelled_on_failure(client(fake), made):
            _ = 1 // (not fails)
    assert (fake.lines[-1] == "DELETE /up/1?s=1") == fails
