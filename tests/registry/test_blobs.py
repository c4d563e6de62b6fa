from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
import trio

from regbot.registry import blobs
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, RegistryError, Unreachable, Unverified
from regbot.registry.exchange import Request
from regbot.registry.held import Held
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http import Client
from regbot.registry.reference import Repository
from tests.fake_registry import CANARY, NAME, FakeRegistry, Pieces, Reply, client, error, host, raw_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.docker_registry import DockerRegistry

DATA = b"0123456789"
DIGEST = Digest.of(DATA)
BLOB = Descriptor("", DIGEST, len(DATA))
REPOSITORY = Repository(NAME, "team/app")
SOURCE = Repository(NAME, "team/base")
GET = f"GET /v2/team/app/blobs/{DIGEST}"
UPLOADS = "/v2/team/app/blobs/uploads/"
REQUEST = Request("GET", httpx.URL("https://source.test/v2/x"), "source.test")
CHALLENGE = Reply(401, headers={"WWW-Authenticate": "Basic"})


async def read(data: AsyncIterator[bytes]) -> list[bytes]:
    """Return the chunks of a stream."""
    return [chunk async for chunk in data]


async def get(fake: FakeRegistry, descriptor: Descriptor = BLOB) -> bytes:
    """Return a blob from *fake*."""
    async with blobs.get(client(fake), REPOSITORY, descriptor) as data:
        return b"".join(await read(data))


async def test_get() -> None:
    """A blob comes as it is."""
    fake = FakeRegistry()
    fake.on(GET, Reply(200, DATA))
    assert await get(fake) == DATA


async def test_unknown_size() -> None:
    """A blob of unknown size is verified by its digest alone."""
    fake = FakeRegistry()
    fake.on(GET, Reply(200, DATA))
    assert await get(fake, Descriptor("", DIGEST, -1)) == DATA


@pytest.mark.parametrize("body", [b"", DATA[:-1], DATA + b"x", b"x" * 10, b"x" * 100])
async def test_wrong_bytes(body: bytes) -> None:
    """Too few bytes, too many or the wrong ones are refused."""
    fake = FakeRegistry()
    fake.on(GET, Reply(200, body))
    with pytest.raises(Unverified):
        await get(fake)


async def test_last_chunk_is_held_back() -> None:
    """Whoever passes chunks on never gets the last one of something wrong."""
    stream = blobs.Verified(Pieces(b"01234", b"56780"), BLOB, REQUEST)
    assert await anext(stream) == b"01234"
    with pytest.raises(Unverified, match="digest"):
        await anext(stream)


async def test_missing() -> None:
    """A blob that is not there is NotFound."""
    fake = FakeRegistry()
    fake.on(GET, Reply(404, error("BLOB_UNKNOWN")))
    with pytest.raises(NotFound):
        await get(fake)


async def test_redirected_without_credentials() -> None:
    """A blob that lies elsewhere is read there, verified, and our credentials stay at home."""
    fake = FakeRegistry()
    fake.on(GET, CHALLENGE, Reply(307, headers={"Location": "https://cdn.test/x?signature=1"}))
    fake.on("GET https://cdn.test/x?signature=1", Reply(200, DATA))
    async with blobs.get(client(fake, host(user="bot")), REPOSITORY, BLOB) as data:
        assert b"".join(await read(data)) == DATA
    assert CANARY not in str(fake.asked[-1].headers.raw)
    assert "Authorization" not in fake.asked[-1].headers


@pytest.mark.parametrize("size", [20, 5_000_000])
async def test_broken_off(size: int) -> None:
    """A connection that breaks in the middle of a blob is Unreachable, be the blob small or large."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * (size // 2)
    async with raw_server(answer) as address:
        sender = Client(Hosts([Host(address, tls=Tls.DISABLED)]), user_agent="")
        descriptor = Descriptor("", DIGEST, size)
        with pytest.raises(Unreachable):
            async with blobs.get(sender, Repository(address, "x"), descriptor) as data:
                await read(data)
        await sender.aclose()


async def test_endless_blob() -> None:
    """A blob that does not stop at its size is cut off."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n" + b"x" * 10_000_000
    async with raw_server(answer, hang=True) as address:
        sender = Client(Hosts([Host(address, tls=Tls.DISABLED)]), user_agent="")
        with pytest.raises(Unverified, match="more than 10 bytes"):
            async with blobs.get(sender, Repository(address, "x"), BLOB) as data:
                await read(data)
        await sender.aclose()


async def test_put(registry: DockerRegistry) -> None:
    """A blob that is put is there, and one that was not is not."""
    sender = Client(Hosts([Host(registry.host, tls=Tls.DISABLED)]), user_agent="")
    repository = Repository(registry.host, "team/app")
    assert not await blobs.has(sender, repository, DIGEST)
    await blobs.put(sender, repository, BLOB, Held(DATA))
    assert await blobs.has(sender, repository, DIGEST)
    assert registry.request("GET", f"/v2/team/app/blobs/{DIGEST}")[2] == DATA
    await sender.aclose()


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/up/1?state=a%2Fb%3D", f"https://{NAME}/up/1?state=a%2Fb%3D&digest="),
        (f"https://{NAME}/up/1", f"https://{NAME}/up/1?digest="),
        ("1", f"https://{NAME}{UPLOADS}1?digest="),
    ],
)
async def test_upload_location(location: str, url: str) -> None:
    """An upload goes where the registry says, and the query that it wants stays as it is."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", CHALLENGE, Reply(202, headers={"Location": location}))
    fake.on(f"PUT {url.split('?', maxsplit=1)[0].removeprefix(f'https://{NAME}')}", Reply(201))
    await blobs.put(client(fake, host(user="bot")), REPOSITORY, BLOB, Held(DATA))
    put = fake.asked[-1]
    assert (put.url, put.body) == (f"{url}sha256%3A{DIGEST.encoded}", DATA)
    assert (put.headers["Content-Length"], "Authorization" in put.headers) == ("10", True)


async def test_upload_elsewhere() -> None:
    """An upload to another host is made, without our credentials."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", CHALLENGE, Reply(202, headers={"Location": "https://store.test/up?key=1"}))
    fake.on("PUT /up", Reply(201))
    await blobs.put(client(fake, host(user="bot")), REPOSITORY, BLOB, Held(DATA))
    assert (fake.asked[-1].url[:27], "Authorization" in fake.asked[-1].headers) == (
        "https://store.test/up?key=1",
        False,
    )


@pytest.mark.parametrize("location", ["", "http://registry.test/up", "http://["])
async def test_upload_to_nowhere(location: str) -> None:
    """A registry that names no place for an upload, or one in the clear, is not sent anything."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", Reply(202, headers={"Location": location}))
    with pytest.raises(RegistryError, match="leads to"):
        await blobs.put(client(fake), REPOSITORY, BLOB, Held(DATA))
    assert len(fake.asked) == 1


async def test_failed_upload_is_cancelled() -> None:
    """An upload that the registry refuses is given up, and the error is that of the refusal."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", Reply(202, headers={"Location": "/up/1?s=1"}))
    fake.on("PUT /up/1", Reply(400, error("DIGEST_INVALID")))
    with pytest.raises(RegistryError, match="DIGEST_INVALID"):
        await blobs.put(client(fake), REPOSITORY, BLOB, Held(DATA))
    assert fake.lines[-1] == "DELETE /up/1?s=1"


async def test_broken_source_cancels_the_upload() -> None:
    """What breaks off at its source is not stored, and the error is the source's."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", Reply(202, headers={"Location": "/up/1"}))
    with pytest.raises(Unverified):
        await blobs.put(client(fake), REPOSITORY, BLOB, blobs.Verified(Pieces(b"wrong"), BLOB, REQUEST))
    assert fake.lines == [f"POST {UPLOADS}", "DELETE /up/1"]


async def test_cancelled_upload_is_cancelled() -> None:
    """A run that is stopped in the middle of an upload gives that up, too."""

    class Stalled(Held):
        async def __anext__(self) -> bytes:
            scope.cancel()
            await trio.sleep_forever()
            raise AssertionError

    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", Reply(202, headers={"Location": "/up/1"}))
    with trio.CancelScope() as scope:
        await blobs.put(client(fake), REPOSITORY, BLOB, Stalled(b""))
    assert fake.lines == [f"POST {UPLOADS}", "DELETE /up/1"]


async def test_mount() -> None:
    """A mount names digest and source, as the registry itself calls it."""
    fake = FakeRegistry()
    fake.on("POST /v2/hub/team/app/blobs/uploads/", Reply(201))
    sender = client(fake, Host(NAME, path_prefix="hub"))
    assert await blobs.mount(sender, DIGEST, SOURCE, REPOSITORY) is None
    query = f"?mount=sha256%3A{DIGEST.encoded}&from=hub%2Fteam%2Fbase"
    assert fake.lines == ["POST /v2/hub/team/app/blobs/uploads/" + query]


async def test_mount_falls_to_an_upload() -> None:
    """A registry that mounts nothing has begun an upload instead."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", Reply(202, headers={"Location": "/up/1"}))
    upload = await blobs.mount(client(fake), DIGEST, SOURCE, REPOSITORY)
    assert upload is not None
    assert upload.location.path == "/up/1"


async def test_mount_refused() -> None:
    """Where the source may not be mounted from, an upload is begun without it."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", Reply(403, error("DENIED")), Reply(202, headers={"Location": "/up/1"}))
    assert await blobs.mount(client(fake), DIGEST, SOURCE, REPOSITORY) is not None
    assert fake.lines[-1] == f"POST {UPLOADS}"


async def test_mount_fails() -> None:
    """A registry in trouble is not asked for more."""
    fake = FakeRegistry()
    fake.on(f"POST {UPLOADS}", Reply(500))
    with pytest.raises(RegistryError):
        await blobs.mount(client(fake), DIGEST, SOURCE, REPOSITORY)
    assert len(fake.asked) == 1
