from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import httpcore
import pytest
import trio
import trio.testing

from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.hosts import Host, Tls
from regbot.registry.observer import Silent
from regbot.registry.reference import Repository
from regbot.registry.remote import transfer
from regbot.registry.remote.mirrors import Mirrors
from tests.fake_registry import NAME, FakeRegistry, Reply, client
from tests.registry.remote.breaking import Breaking

if TYPE_CHECKING:
    from tests.conftest import MakeRegistry
    from tests.docker_registry import DockerRegistry

DATA = b"0123456789"
DIGEST = Digest.of(DATA)
BLOB = Descriptor("", DIGEST, len(DATA))
SOURCE, TARGET = Repository(NAME, "team/app"), Repository("other.test", "team/copy")
PATH = f"/v2/team/app/blobs/{DIGEST}"
UPLOADS = "/v2/team/copy/blobs/uploads/"
BEGUN = Reply(202, headers={"Location": "/up/1"})


@pytest.fixture
def fake() -> FakeRegistry:
    """Make two registries: one has the blob, and the other takes it."""
    made = FakeRegistry()
    made.on(f"GET {PATH}", Reply(200, DATA))
    made.on(f"POST {UPLOADS}", BEGUN)
    made.on("PUT /up/1", Reply(201))
    made.on("DELETE /up/1", Reply(204))
    return made


async def stream(fake: FakeRegistry | Breaking, *hosts: Host, size: int = 10) -> list[int]:
    """Send the blob, and return the numbers of bytes that were told."""
    told: list[int] = []
    sender = fake.client(*hosts) if isinstance(fake, Breaking) else client(fake, *hosts)
    places = Mirrors(sender, Silent()).places(SOURCE)
    await transfer.stream(sender, Descriptor("", DIGEST, size), places, TARGET, moved=told.append)
    return told


def methods(fake: FakeRegistry) -> list[str]:
    """Return the methods of everything asked so far."""
    return [asked.method for asked in fake.asked]


async def test_stream(fake: FakeRegistry) -> None:
    """A blob takes three requests, and its bytes are told as they pass."""
    assert sum(await stream(fake)) == 10
    assert methods(fake) == ["POST", "GET", "PUT"]
    assert fake.asked[-1].body == DATA


async def test_on_one_slot(fake: FakeRegistry) -> None:
    """The only slot of each registry is enough."""
    await stream(fake, Host(NAME, req_concurrent=1), Host("other.test", req_concurrent=1))


async def test_read_on_while_sending(make_registry: MakeRegistry) -> None:
    """What breaks off at the source is read on there, and the one PUT at the target goes on."""
    data, connections = bytes(range(256)) * 20_000, Breaking()
    source, target = make_registry(), make_registry()
    digest = stored(source, data)
    connections.receive["GET"] = [1_000_000, 2_000_000]
    sender = connections.client(*(Host(each.host, tls=Tls.DISABLED) for each in (source, target)))
    places = Mirrors(sender, Silent()).places(Repository(source.host, "x"))
    told: list[int] = []
    descriptor = Descriptor("", digest, len(data))
    await transfer.stream(sender, descriptor, places, Repository(target.host, "x"), moved=told.append)
    await sender.aclose()
    assert connections.methods.count("PUT") == 1
    assert hashlib.sha256(target.request("GET", f"/v2/x/blobs/{digest}")[2]).hexdigest() == digest.encoded
    assert sum(told) == len(data)


async def test_both_break_off(make_registry: MakeRegistry) -> None:
    """What breaks off at either end arrives whole, and no byte is told twice."""
    data, connections = bytes(range(256)) * 100_000, Breaking()
    source, target = make_registry(), make_registry()
    digest = stored(source, data)
    connections.receive["GET"] = [1_000_000, 12_000_000]
    connections.send["PUT"] = [11_000_000]
    connections.send["PATCH"] = [5_000_001, 5_000_001, 2_000_000]
    hosts = [Host(each.host, tls=Tls.DISABLED, blob_chunk=5_000_000) for each in (source, target)]
    sender = connections.client(*hosts)
    places = Mirrors(sender, Silent()).places(Repository(source.host, "x"))
    told: list[int] = []
    descriptor = Descriptor("", digest, len(data))
    await transfer.stream(sender, descriptor, places, Repository(target.host, "x"), moved=told.append)
    await sender.aclose()
    assert hashlib.sha256(target.request("GET", f"/v2/x/blobs/{digest}")[2]).hexdigest() == digest.encoded
    assert sum(told) == len(data)


def stored(registry: DockerRegistry, data: bytes) -> Digest:
    """Have the registry hold a blob, in the repository x."""
    digest = Digest.of(data)
    location = registry.request("POST", "/v2/x/blobs/uploads/")[1]["Location"]
    assert registry.request("PUT", f"{location.removeprefix(registry.url)}&digest={digest}", data)[0] == 201
    return digest


async def test_unknown_size(fake: FakeRegistry) -> None:
    """A blob whose size nobody knows is looked at first."""
    fake.on(f"HEAD {PATH}", Reply(200, headers={"Content-Length": "10"}))
    await stream(fake, size=-1)
    assert methods(fake) == ["HEAD", "POST", "GET", "PUT"]


async def test_no_size(fake: FakeRegistry) -> None:
    """One whose size the registry does not know either is not sent."""
    fake.on(f"HEAD {PATH}", Reply(200, headers={"Content-Length": ""}))
    with pytest.raises(Unverified, match="how large"):
        await stream(fake, size=-1)


@pytest.mark.parametrize(
    ("answer", "kind"), [(Reply(404), NotFound), (Reply(200, b"forged...."), Unverified), (Reply(403), RegistryError)]
)
async def test_source_fails(fake: FakeRegistry, answer: Reply, kind: type[RegistryError]) -> None:
    """A source that has nothing, or something else, is the error; nothing is sent, and the upload given up."""
    fake.instead(f"GET {PATH}", answer)
    with pytest.raises(kind, match=NAME):
        await stream(fake)
    assert methods(fake) == ["POST", "GET", "DELETE"]


async def test_source_wants_to_be_left_alone(fake: FakeRegistry, autojump_clock: trio.testing.MockClock) -> None:
    """A source that wants a pause gets it, and nobody waits for a slot meanwhile."""
    fake.instead(f"GET {PATH}", Reply(429, headers={"Retry-After": "60"}), Reply(200, DATA))
    waited: list[float] = []
    hosts = Host(NAME, req_concurrent=1), Host("other.test", req_concurrent=1)
    sender = client(fake, *hosts)
    places = Mirrors(sender, Silent()).places(SOURCE)

    async def other() -> None:
        await trio.sleep(30)
        async with sender.lease(NAME, "other.test"):
            waited.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        await transfer.stream(sender, BLOB, places, TARGET)
    assert (waited, trio.current_time() >= 60) == ([30.0], True)


@pytest.mark.parametrize("answer", [Reply(404), Reply(503), Reply(200, b"forged...."), httpcore.ReadError("gone")])
async def test_mirror_fails(fake: FakeRegistry, answer: Reply | Exception) -> None:
    """What a mirror does not have, or not right, comes from the next place, in an upload of its own."""
    fake.on(f"GET https://one.test{PATH}", answer)
    told = await stream(fake, Host(NAME, mirrors=("one.test",)), Host("one.test", priority=1))
    assert methods(fake) == ["POST", "GET", "DELETE", "POST", "GET", "PUT"]
    assert sum(told) == 10


async def test_no_place_has_it(fake: FakeRegistry) -> None:
    """Where no place has it, the error is that of the registry itself."""
    fake.on(f"GET https://one.test{PATH}", Reply(403))
    fake.instead(f"GET {PATH}", Reply(404))
    with pytest.raises(NotFound, match=NAME):
        await stream(fake, Host(NAME, mirrors=("one.test",)), Host("one.test", priority=1))


async def test_target_fails(fake: FakeRegistry) -> None:
    """A target that refuses is not asked again because there are other sources."""
    fake.instead("PUT /up/1", Reply(403))
    fake.on(f"GET https://one.test{PATH}", Reply(200, DATA))
    with pytest.raises(RegistryError, match=r"PUT https://other.test/up/1: 403"):
        await stream(fake, Host(NAME, mirrors=("one.test",)), Host("one.test", priority=1))
    assert methods(fake) == ["POST", "GET", "PUT", "DELETE"]


async def test_nothing_is_kept_of_turns() -> None:
    """What is not under way is not remembered."""
    underway = transfer.Underway()
    for number in range(3):
        async with underway.alone(TARGET, Digest.of(bytes(number))):
            assert underway.count == 1
    assert underway.count == 0
