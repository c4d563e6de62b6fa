from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import trio

from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, RegistryError, Unreachable, Unverified
from regbot.registry.hosts import Host, Tls
from regbot.registry.observer import Silent
from regbot.registry.reference import Repository
from regbot.registry.remote import blobs
from regbot.registry.remote.blobs import Stored
from regbot.registry.remote.mirrors import Mirrors
from tests.fake_registry import CANARY, NAME, FakeRegistry, Reply, client, error, host, raw_server
from tests.registry.remote.breaking import Breaking

if TYPE_CHECKING:
    from regbot.registry.http.client import Client
    from tests.docker_registry import DockerRegistry

DATA = b"0123456789"
DIGEST = Digest.of(DATA)
BLOB = Descriptor("", DIGEST, len(DATA))
REPOSITORY = Repository(NAME, "team/app")
PATH = f"/v2/team/app/blobs/{DIGEST}"
GET, HEAD = f"GET {PATH}", f"HEAD {PATH}"
CHALLENGE = Reply(401, headers={"WWW-Authenticate": "Basic"})
MIRRORED = (Host(NAME, mirrors=("one.test", "two.test")), Host("one.test", priority=2), Host("two.test", priority=1))


def stored(sender: Client, descriptor: Descriptor = BLOB, *, repository: Repository = REPOSITORY) -> Stored:
    """Return a blob as it is read by *sender*."""
    return Stored(sender, Mirrors(sender, Silent()).places(repository), descriptor)


async def read(blob: Stored, offset: int = 0) -> bytes:
    """Return a blob from *offset* on."""
    async with blob.open(offset) as data:
        return b"".join([piece async for piece in data])


class Counted:
    """What was given out of a blob, though it failed."""

    size = 0

    async def read(self, blob: Stored) -> None:
        """Read it all."""
        async with blob.open() as data:
            async for piece in data:
                self.size += len(piece)


async def get(fake: FakeRegistry, descriptor: Descriptor = BLOB) -> bytes:
    """Return a blob from *fake*."""
    return await read(stored(client(fake), descriptor))


@pytest.mark.parametrize("size", [len(DATA), -1])
@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
async def test_get(algorithm: str, size: int) -> None:
    """A blob comes as it is, whatever its digest, and also if nobody knows its size."""
    fake = FakeRegistry()
    digest = Digest.of(DATA, algorithm)
    fake.on(f"GET /v2/team/app/blobs/{digest}", Reply(200, DATA))
    assert await get(fake, Descriptor("", digest, size)) == DATA


@pytest.mark.parametrize("body", [b"", DATA[:-1], DATA + b"x", b"x" * 10, b"x" * 100])
async def test_wrong_bytes(body: bytes) -> None:
    """Too few bytes, too many or the wrong ones are refused, and not asked for again."""
    fake = FakeRegistry()
    fake.on(GET, Reply(200, body))
    with pytest.raises(Unverified):
        await get(fake)
    assert len(fake.asked) == 1


async def test_last_piece_is_held_back() -> None:
    """Whoever passes pieces on never gets the last one of something wrong."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + bytes(3_000_000)
    async with raw_server(answer) as address:
        sender = Breaking().client(Host(address, tls=Tls.DISABLED))
        blob = stored(sender, Descriptor("", DIGEST, 3_000_000), repository=Repository(address, "x"))
        given = Counted()
        with pytest.raises(Unverified, match="digest"):
            await given.read(blob)
        await sender.aclose()
    assert given.size < 3_000_000


async def test_empty(registry: DockerRegistry) -> None:
    """A blob may hold nothing."""
    digest = registry_blob(registry, b"")
    sender = Breaking().client(Host(registry.host, tls=Tls.DISABLED))
    where = Repository(registry.host, "x")
    assert await read(stored(sender, Descriptor("", digest, 0), repository=where)) == b""
    await sender.aclose()


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
    assert await read(stored(client(fake, host(user="bot")))) == DATA
    assert CANARY not in str(fake.asked[-1].headers.raw)
    assert "Authorization" not in fake.asked[-1].headers


async def test_endless_blob() -> None:
    """A blob that does not stop at its size is cut off."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n" + b"x" * 100_000
    async with raw_server(answer, hang=True) as address:
        sender = Breaking().client(Host(address, tls=Tls.DISABLED))
        with pytest.raises(Unverified, match="more than 10 bytes"):
            await read(stored(sender, repository=Repository(address, "x")))
        await sender.aclose()


async def test_broken_off(registry: DockerRegistry) -> None:
    """A blob that breaks off, and once more at once, is read on from where it ended; no byte is asked for twice."""
    data = bytes(range(256)) * 20_000
    digest = registry_blob(registry, data)
    connections = Breaking()
    connections.receive["GET"] = [1_000_000, 0, 3_000_000]
    sender = connections.client(Host(registry.host, tls=Tls.DISABLED))
    blob = stored(sender, Descriptor("", digest, len(data)), repository=Repository(registry.host, "x"))
    assert await read(blob) == data
    await sender.aclose()
    ranges = ["", "bytes=1000000-", "bytes=1000000-", "bytes=4000000-"]
    assert [request.headers.get("Range", "") for request in connections.asked] == ranges


async def test_read_again(registry: DockerRegistry) -> None:
    """A blob that was read in part is read again from anywhere, whole or to its end."""
    data = bytes(range(256)) * 100_000
    digest = registry_blob(registry, data)
    sender = Breaking().client(Host(registry.host, tls=Tls.DISABLED))
    blob = stored(sender, Descriptor("", digest, len(data)), repository=Repository(registry.host, "x"))
    async with blob.open() as stream:
        for _ in range(15):
            await anext(stream)
    assert [await read(blob, offset) for offset in (9_000_000, 0, len(data))] == [data[9_000_000:], data, b""]
    await sender.aclose()


def registry_blob(registry: DockerRegistry, data: bytes) -> Digest:
    """Have the registry hold a blob, in the repository x."""
    digest = Digest.of(data)
    location = registry.request("POST", "/v2/x/blobs/uploads/")[1]["Location"]
    where = location.removeprefix(registry.url)
    assert registry.request("PUT", f"{where}&digest={digest}", data)[0] == 201
    return digest


async def test_broken_off_for_ever(autojump_clock: trio.testing.MockClock) -> None:
    """A blob of which no more comes is given up after some tries."""
    fake = FakeRegistry()
    fake.on(GET, Reply(200, DATA))
    connections = Breaking(fake)
    connections.receive["GET"] = [5] * 100
    with pytest.raises(Unreachable, match=r"broke off .*tried 7 times"):
        await read(stored(connections.client()))
    assert len(fake.asked) == 7


async def test_broken_off_in_the_end() -> None:
    """If only the end of a blob broke off, of which all bytes came, it is not asked for again."""
    fake = FakeRegistry()
    fake.on(GET, Reply(200, DATA))
    connections = Breaking(fake)
    connections.receive["GET"] = [10]
    assert await read(stored(connections.client())) == DATA
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("size", "rest"),
    [
        (10, Reply(206, DATA[4:], {"Content-Range": "bytes 4-9/10"})),
        (10, Reply(206, DATA[4:], {"Content-Range": "bytes 4-9/*"})),
        (-1, Reply(206, DATA[4:], {"Content-Range": "bytes 4-9/10"})),
        (10, Reply(200, DATA)),
        (-1, Reply(200, DATA)),
    ],
)
async def test_rest(size: int, rest: Reply) -> None:
    """The rest of a blob may come as a part, or with all that was there before."""
    fake = FakeRegistry()
    fake.on(GET, Reply(200, DATA), rest)
    connections = Breaking(fake)
    connections.receive["GET"] = [4]
    assert await read(stored(connections.client(), replace(BLOB, size=size))) == DATA


@pytest.mark.parametrize(
    "rest",
    [
        Reply(206, DATA[4:], {"Content-Range": "bytes 3-9/10"}),
        Reply(206, DATA[4:], {"Content-Range": "bytes 4-9/11"}),
        Reply(206, DATA[4:], {"Content-Range": "4-9"}),
        Reply(206, DATA[4:]),
        Reply(416, b"", {"Content-Range": "bytes */3"}),
        Reply(416, b""),
    ],
)
async def test_odd_rest(rest: Reply) -> None:
    """An answer that is not the rest is an error, and never part of the blob."""
    fake = FakeRegistry()
    fake.on(GET, Reply(200, DATA), rest)
    connections = Breaking(fake)
    connections.receive["GET"] = [4]
    with pytest.raises(Unverified, match="from byte 4 on"):
        await read(stored(connections.client()))
    assert len(fake.asked) == 2


async def test_part_of_nothing() -> None:
    """A part that nobody asked for is an error."""
    fake = FakeRegistry()
    fake.on(GET, Reply(206, DATA, {"Content-Range": "bytes 0-9/10"}))
    with pytest.raises(Unverified, match="206"):
        await get(fake)


async def test_nothing_left() -> None:
    """Where nobody knew the size, a registry may say that nothing is left."""
    fake = FakeRegistry()
    fake.on(GET, Reply(200, DATA), Reply(416, b"", {"Content-Range": "bytes */10"}))
    connections = Breaking(fake)
    connections.receive["GET"] = [10]
    assert await read(stored(connections.client(), replace(BLOB, size=-1))) == DATA


async def test_retried() -> None:
    """A registry in trouble is asked again, and waited for as long as it wants."""
    fake = FakeRegistry()
    fake.on(GET, Reply(503), Reply(429, headers={"Retry-After": "0"}), Reply(200, DATA))
    assert await get(fake) == DATA


async def test_no_slot_while_waiting(autojump_clock: trio.testing.MockClock) -> None:
    """While somebody holds a slot for it, a registry that wants to be left alone is not waited for."""
    fake = FakeRegistry()
    fake.on(GET, Reply(503, headers={"Retry-After": "60"}))
    sender = client(fake)
    blob = Stored(sender, Mirrors(sender, Silent()).places(REPOSITORY), BLOB, leased=True)
    with pytest.raises(RegistryError, match="503"):
        await read(blob)
    assert trio.current_time() == 0.0
    assert blob.failure is not None
    assert (blob.failure.temporary, blob.failure.retry_after) == (True, 60.0)


@pytest.mark.parametrize("first", [Reply(404), Reply(503), Reply(200, b"forged"), Reply(200, b"x" * 10)])
async def test_mirrors(first: Reply) -> None:
    """What one mirror does not have, or not right, is read from the next."""
    fake = FakeRegistry()
    fake.on(f"GET https://one.test{PATH}", first)
    fake.on(f"GET https://two.test{PATH}", Reply(200, DATA))
    assert await read(stored(client(fake, *MIRRORED))) == DATA
    assert len(fake.asked) == 2


async def test_mirror_breaks_off() -> None:
    """What broke off at a mirror for good is read on elsewhere."""
    fake = FakeRegistry()
    fake.on(f"GET https://one.test{PATH}", Reply(200, DATA), Reply(500))
    fake.on(f"GET https://two.test{PATH}", Reply(206, DATA[4:], {"Content-Range": "bytes 4-9/10"}))
    connections = Breaking(fake)
    connections.receive["GET"] = [4]
    assert await read(stored(connections.client(*MIRRORED))) == DATA
    assert len(fake.asked) == 3


async def test_wrong_mirror_in_the_end() -> None:
    """Where wrong bytes of a mirror were passed on already, it is too late for another one."""
    fake = FakeRegistry()
    data = bytes(10)
    fake.on(f"GET https://one.test{PATH}", Reply(200, data), Reply(206, data[4:], {"Content-Range": "bytes 4-9/10"}))
    connections = Breaking(fake)
    connections.receive["GET"] = [4]
    with pytest.raises(Unverified, match="digest"):
        await read(stored(connections.client(*MIRRORED)))
    assert len(fake.asked) == 2


async def test_no_mirror_helps() -> None:
    """Where nobody has it, the error is the registry's own."""
    fake = FakeRegistry()
    fake.on(GET, Reply(404, error("BLOB_UNKNOWN", "ours")))
    with pytest.raises(NotFound, match="ours"):
        await read(stored(client(fake, *MIRRORED)))


async def test_head(registry: DockerRegistry) -> None:
    """A look at a blob tells its size."""
    digest = registry_blob(registry, DATA)
    sender = Breaking().client(Host(registry.host, tls=Tls.DISABLED))
    found = await blobs.head(sender, Repository(registry.host, "x"), digest)
    await sender.aclose()
    assert (found.digest, found.size, found.media_type) == (digest, 10, "application/octet-stream")


async def test_has(registry: DockerRegistry) -> None:
    """A blob that is there is there, and one that is not is not."""
    digest = registry_blob(registry, DATA)
    sender = Breaking().client(Host(registry.host, tls=Tls.DISABLED))
    where = Repository(registry.host, "x")
    assert [await blobs.has(sender, where, each) for each in (digest, Digest.of(b""))] == [True, False]
    await sender.aclose()


async def test_has_forbidden() -> None:
    """A registry that does not say is an error."""
    fake = FakeRegistry()
    fake.on(HEAD, Reply(403))
    with pytest.raises(RegistryError, match="403"):
        await blobs.has(client(fake), REPOSITORY, DIGEST)


@pytest.mark.parametrize(
    ("reply", "size"),
    [
        (Reply(206, DATA[:1], {"Content-Range": "bytes 0-0/10"}), 10),
        (Reply(206, DATA[:1], {"Content-Range": "bytes 0-0/*"}), -1),
        (Reply(206, DATA[:1]), -1),
        (Reply(200, DATA), 10),
        (Reply(200, DATA, {"Content-Length": "many"}), -1),
        (Reply(416, b"", {"Content-Range": "bytes */0"}), 0),
    ],
)
async def test_head_by_get(reply: Reply, size: int) -> None:
    """Of a registry without HEAD one byte is asked for, and the size is read from what it says of the rest."""
    fake = FakeRegistry()
    fake.on(GET, reply)
    found = await blobs.head(client(fake, Host(NAME, disable_head=True)), REPOSITORY, DIGEST)
    assert (found.size, fake.asked[0].headers["Range"]) == (size, "bytes=0-0")


async def test_not_checkable() -> None:
    """What could not be verified is not asked for."""
    fake = FakeRegistry()
    with pytest.raises(Unverified, match="cannot be checked"):
        await get(fake, Descriptor("", Digest("md5", "0" * 32), 10))
    assert fake.asked == []
