from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import httpcore
import pytest
import trio

from regbot.registry.content import Bytes, Content
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.held import Held
from regbot.registry.hosts import Host, Tls
from regbot.registry.http.retry import Retries
from regbot.registry.reference import Repository
from regbot.registry.remote.delivery import Delivery
from tests.fake_registry import CANARY, NAME, Asked, FakeRegistry, Reply, client, error, host
from tests.registry.remote.breaking import Breaking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.docker_registry import DockerRegistry

DATA = b"0123456789"
DIGEST = Digest.of(DATA)
BLOB = Descriptor("", DIGEST, len(DATA))
REPOSITORY = Repository(NAME, "team/app")
UPLOADS = "/v2/team/app/blobs/uploads/"
HEAD = f"HEAD /v2/team/app/blobs/{DIGEST}"
BEGUN = Reply(202, headers={"Location": "/up/1"})
CHUNKED = Host(NAME, blob_chunk=4, blob_max=0)
REFUSED = Reply(400, error("DIGEST_INVALID"))


class Slot(FakeRegistry):
    """Holds one upload at /up/1 by the book; what `on` was told comes first."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""
        self.on(f"POST {UPLOADS}", self._begin)
        self.on("PATCH /up/1", self.extend)
        self.on("GET /up/1", lambda _: self._state(204))
        self.on("PUT /up/1", self._finish)
        self.on("DELETE /up/1", Reply(204))

    @property
    def methods(self) -> list[str]:
        """The methods of everything asked so far."""
        return [asked.method for asked in self.asked]

    def first(self, line: str, *answers: Reply | Exception | Callable[[Asked], Reply]) -> None:
        """Say what to answer to *line* before the book is followed."""
        self._answers[line][:0] = answers

    def _begin(self, _: Asked) -> Reply:
        self.data = b""
        return self._state(202)

    def extend(self, asked: Asked) -> Reply:
        """Take a chunk."""
        if asked.headers["Content-Range"].partition("-")[0] != str(len(self.data)):
            return Reply(416)
        self.data += asked.body
        return self._state(202)

    def _finish(self, asked: Asked) -> Reply:
        self.data += asked.body
        return Reply(201) if asked.url.endswith(Digest.of(self.data).encoded) else REFUSED

    def _state(self, status: int) -> Reply:
        return Reply(status, headers={"Location": "/up/1", "Range": f"0-{max(len(self.data) - 1, 0)}"})


async def deliver(fake: FakeRegistry, *hosts: Host, content: Content | None = None) -> None:
    """Send the blob."""
    await Delivery(client(fake, *hosts), REPOSITORY, BLOB, content or Bytes(DATA)).run()


async def put(registry: DockerRegistry, connections: Breaking, data: bytes, chunk: int = 0) -> None:
    """Send a blob to a real registry; in chunks of *chunk* bytes if it is larger than that (0: never)."""
    sizes = Host("", blob_chunk=chunk, blob_max=chunk) if chunk else Host("")
    sender = connections.client(replace(sizes, name=registry.host, tls=Tls.DISABLED))
    where, digest = Repository(registry.host, "team/app"), Digest.of(data)
    await Delivery(sender, where, Descriptor("", digest, len(data)), Bytes(data)).run()
    await sender.aclose()
    assert registry.request("GET", f"/v2/team/app/blobs/{digest}")[2] == data


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
async def test_whole(registry: DockerRegistry, size: int) -> None:
    """A blob takes two requests, also one that holds nothing."""
    connections = Breaking()
    await put(registry, connections, bytes(size))
    assert connections.methods == ["POST", "PUT"]


@pytest.mark.parametrize(("size", "chunks"), [(1, 0), (1000, 0), (1001, 2), (2000, 2), (2500, 3)])
async def test_chunks(registry: DockerRegistry, size: int, chunks: int) -> None:
    """A blob of more than blobMax goes in chunks, and any other whole."""
    connections = Breaking()
    await put(registry, connections, b"x" * size, 1000)
    assert connections.methods == ["POST", *["PATCH"] * chunks, "PUT"]


async def test_never_in_chunks() -> None:
    """With a blobMax of -1 no size makes chunks."""
    fake = Slot()
    await deliver(fake, Host(NAME, blob_chunk=1, blob_max=-1))
    assert fake.methods == ["POST", "PUT"]


async def test_chunk_never_arrived(registry: DockerRegistry) -> None:
    """After a chunk that never left, an upload goes on from where the registry is."""
    connections = Breaking()
    connections.send["PATCH"] = [1001, 1001, 0]
    await put(registry, connections, b"x" * 2500, 1000)
    assert connections.methods == ["POST", *["PATCH"] * 3, "GET", "PATCH", "PUT"]
    ranges = [asked.headers["Content-Range"] for asked in connections.asked if asked.method == "PATCH"]
    assert ranges == ["0-999", "1000-1999", "2000-2499", "2000-2499"]


@pytest.mark.parametrize("chunk", [0, 200_000])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_broken_off(registry: DockerRegistry, method: str, chunk: int) -> None:
    """What broke off in the middle is stored in the end, though this registry forgets an upload that breaks off."""
    connections = Breaking()
    connections.send[method] = [150_000]
    await put(registry, connections, b"x" * 500_000, chunk)


@pytest.mark.parametrize("chunk", [0, 5])
async def test_lost_answer(registry: DockerRegistry, chunk: int) -> None:
    """If the answer to the last request was lost, a question settles that it was done."""
    connections = Breaking()
    connections.lose = ["PUT"]
    await put(registry, connections, DATA, chunk)
    assert connections.methods[-3:] == ["PUT", "HEAD", "DELETE"]


async def test_lost_answer_to_a_chunk(registry: DockerRegistry) -> None:
    """A chunk that arrived, but for the answer, is not sent twice into one upload."""
    connections = Breaking()
    connections.lose = ["PATCH"]
    await put(registry, connections, b"x" * 2500, 1000)


async def test_all_but_the_end() -> None:
    """Where the registry has all bytes already, it is only told that it is all."""
    fake = Slot()

    def lost(asked: Asked) -> Reply:
        fake.extend(asked)
        raise httpcore.ReadError("gone")

    fake.first("PATCH /up/1", lost)
    await deliver(fake, Host(NAME, blob_chunk=10, blob_max=0))
    assert fake.methods == ["POST", "PATCH", "GET", "PUT"]


async def test_progress_fails() -> None:
    """A registry that stays in trouble is not asked anything else."""
    fake = Slot()
    fake.first("PATCH /up/1", Reply(500))
    fake.instead("GET /up/1", Reply(503))
    with pytest.raises(RegistryError, match=r"GET .*503.*tried 6 times"):
        await deliver(fake, CHUNKED)
    assert fake.methods == ["POST", "PATCH", *["GET"] * 6, "DELETE"]


async def test_not_even_begun() -> None:
    """Where no upload can be begun, there is none to give up."""
    fake = Slot()
    fake.instead(f"POST {UPLOADS}", Reply(403))
    with pytest.raises(RegistryError, match="403"):
        await deliver(fake)
    assert fake.methods == ["POST"]


async def test_resumed_within_a_chunk() -> None:
    """From a byte within a chunk on, where that is where the registry is, an upload goes on there."""
    fake = Slot()

    def breaks(asked: Asked) -> Reply:
        fake.data += asked.body[:2]
        raise httpcore.ReadError("gone")

    fake.first("PATCH /up/1", breaks)
    await deliver(fake, CHUNKED)
    assert fake.methods == ["POST", "PATCH", "GET", "PATCH", "PATCH", "PUT"]
    assert [asked.body for asked in fake.asked if asked.method == "PATCH"] == [b"0123", b"2345", b"6789"]


@pytest.mark.parametrize(
    "answer", [Reply(500), Reply(503), Reply(408), Reply(413), httpcore.ReadError("gone"), Reply(520)]
)
async def test_chunks_after_a_failure(answer: Reply | Exception) -> None:
    """A blob whose single PUT failed in a way that may pass is sent in chunks."""
    fake = Slot()
    fake.first("PUT /up/1", answer)
    await deliver(fake, Host(NAME, blob_chunk=5))
    asked = [method for method in fake.methods if method != "HEAD"]
    assert asked == ["POST", "PUT", "GET", "PATCH", "PATCH", "PUT"]


async def test_chunks_refused() -> None:
    """A registry that takes no chunks gets the whole once more."""
    fake = Slot()
    fake.first("PUT /up/1", Reply(500))
    fake.instead("PATCH /up/1", Reply(405))
    await deliver(fake)
    assert fake.methods == ["POST", "PUT", "HEAD", "GET", "PATCH", "GET", "PUT"]


async def test_chunks_refused_and_failed() -> None:
    """It gets no chunks again, whatever comes of the whole; and not for ever."""
    fake = Slot()
    fake.instead("PUT /up/1", Reply(500))
    fake.instead("PATCH /up/1", Reply(405))
    with pytest.raises(RegistryError, match="500"):
        await deliver(fake)
    assert (fake.methods.count("PATCH"), fake.methods.count("PUT"), fake.methods[-1]) == (1, 5, "DELETE")


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_refused(status: int) -> None:
    """What is refused is given up, and the error is that of the refusal."""
    fake = Slot()
    fake.instead("PUT /up/1", Reply(status, error("DENIED")))
    with pytest.raises(RegistryError, match=f"{status} DENIED"):
        await deliver(fake)
    assert fake.methods == ["POST", "PUT", "DELETE"]


async def test_chunks_of_a_large_blob_refused() -> None:
    """A blob that is too large for anything else is given up if its chunks are refused."""
    fake = Slot()
    fake.instead("PATCH /up/1", Reply(400, error("SIZE_INVALID")))
    with pytest.raises(RegistryError, match="SIZE_INVALID"):
        await deliver(fake, CHUNKED)
    assert fake.methods == ["POST", "PATCH", "DELETE"]


@pytest.mark.parametrize("code", [404, 416])
async def test_unknown_upload(code: int) -> None:
    """An upload that the registry knows nothing of, or has other ideas of, is begun anew."""
    fake = Slot()
    fake.first("PATCH /up/1", fake.extend, Reply(code))
    await deliver(fake, CHUNKED)
    assert fake.data == DATA
    assert fake.methods.count("POST") == 2


async def test_wrong_progress() -> None:
    """A registry that said that it had bytes, but other ones, gets all of them again."""
    fake = Slot()

    def spoils(_: Asked) -> Reply:
        fake.data = b"????"
        return Reply(500)

    fake.first("PATCH /up/1", spoils)
    await deliver(fake, CHUNKED)
    assert (fake.data, fake.methods.count("POST")) == (DATA, 2)


async def test_wrong_idea() -> None:
    """A registry that is elsewhere than we think is asked where, and gets what follows on that."""
    fake = Slot()

    def forgets(_: Asked) -> Reply:
        fake.data = fake.data[:2]
        return Reply(416)

    fake.first("PATCH /up/1", fake.extend, forgets)
    await deliver(fake, CHUNKED)
    assert fake.methods == ["POST", "PATCH", "PATCH", "GET", "PATCH", "PATCH", "PUT"]


@pytest.mark.parametrize("answer", [Reply(404), Reply(405), Reply(204), Reply(204, headers={"Range": "0-99"})])
async def test_no_progress_known(answer: Reply) -> None:
    """Where the registry does not say where an upload is, or nonsense, it is begun anew."""
    fake = Slot()
    fake.first("PATCH /up/1", fake.extend, Reply(500))
    fake.instead("GET /up/1", answer)
    await deliver(fake, CHUNKED)
    assert (fake.data, fake.methods.count("POST")) == (DATA, 2)


async def test_nothing_taken() -> None:
    """A registry that takes chunks and keeps nothing of them is given up."""
    fake = Slot()
    fake.instead("PATCH /up/1", Reply(202, headers={"Range": "0-0"}))
    with pytest.raises(RegistryError, match=r"has 0 bytes after 4 were sent.*tried 6 times"):
        await deliver(fake, CHUNKED)
    assert fake.methods[-1] == "DELETE"


async def test_progress_counts(autojump_clock: trio.testing.MockClock) -> None:
    """An upload that gets further each time is not given up, however often it breaks off."""
    fake = Slot()
    turns = [turn for _ in range(10) for turn in (fake.extend, Reply(502))]
    fake.first("PATCH /up/1", *turns)
    await deliver(fake, Host(NAME, blob_chunk=1, blob_max=0))
    assert fake.data == DATA


async def test_larger_chunks() -> None:
    """A registry gets chunks as large as it wants."""
    fake = Slot()
    fake.first(f"POST {UPLOADS}", Reply(202, headers={"Location": "/up/1", "OCI-Chunk-Min-Length": "7"}))
    await deliver(fake, CHUNKED)
    assert [len(asked.body) for asked in fake.asked if asked.method == "PATCH"] == [7, 3]


async def test_too_large_chunks() -> None:
    """A registry that wants larger ones than are allowed is an error that names both sizes."""
    fake = Slot()
    fake.first(f"POST {UPLOADS}", Reply(202, headers={"Location": "/up/1", "OCI-Chunk-Min-Length": "7"}))
    with pytest.raises(RegistryError, match=r"chunks of 7 bytes.*blobLimit allows 6"):
        await deliver(fake, Host(NAME, blob_chunk=4, blob_max=0, blob_limit=6))
    assert fake.methods == ["POST", "DELETE"]


async def test_login_expired() -> None:
    """A login that has to be renewed in the middle costs another PUT, and nothing else."""
    fake = Slot()
    fake.first("PUT /up/1", Reply(401, headers={"WWW-Authenticate": "Basic"}))
    await deliver(fake, host(user="bot"))
    assert fake.methods == ["POST", "PUT", "PUT"]
    assert CANARY not in str(fake.asked)


async def test_too_short() -> None:
    """Content that ends too early is its own fault: it is not sent again, and the upload is given up."""
    fake = Slot()
    with pytest.raises(Unverified, match="ends after 9 bytes"):
        await deliver(fake, content=Bytes(DATA[:-1]))
    assert fake.methods == ["POST", "DELETE"]


class Failing:
    """Content that fails the first time, after some bytes."""

    def __init__(self, failure: RegistryError) -> None:
        self._failure: RegistryError | None = failure

    @asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """See Content."""
        failure, self._failure = self._failure, None
        yield Torn(DATA[offset:], failure) if failure else Held(DATA[offset:])


class Torn(Held):
    """A piece, and then a failure."""

    def __init__(self, data: bytes, failure: RegistryError) -> None:
        super().__init__(data[:6])
        self._failure = failure

    async def __anext__(self) -> bytes:
        try:
            return await super().__anext__()
        except StopAsyncIteration:
            raise self._failure from None


async def test_content_fails() -> None:
    """Content that failed for now is opened again; what it says of itself is nothing that the registry said."""
    fake = Slot()
    await deliver(fake, CHUNKED, content=Failing(RegistryError("source", status=404, temporary=True)))
    assert (fake.data, fake.methods.count("POST")) == (DATA, 1)


async def test_content_fails_for_good() -> None:
    """Content that failed for good ends it with its own error."""
    fake = Slot()
    failure = RegistryError("source", status=404)
    with pytest.raises(RegistryError) as caught:
        await deliver(fake, content=Failing(failure))
    assert caught.value is failure
    assert fake.methods == ["POST", "DELETE"]


class Stalling:
    """Content that stalls when it is read."""

    def __init__(self, scope: trio.CancelScope) -> None:
        self._scope = scope

    @asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:  # noqa: ARG002 -- a Content's
        """See Content."""
        yield Stalled(self._scope)


class Stalled(Held):
    """Never gives anything; cancels *scope* instead."""

    def __init__(self, scope: trio.CancelScope) -> None:
        super().__init__(b"")
        self._scope = scope

    async def __anext__(self) -> bytes:
        self._scope.cancel()
        await trio.sleep_forever()


async def test_cancelled() -> None:
    """A run that is stopped in the middle of an upload gives that up, too."""
    fake = Slot()

    with trio.CancelScope() as scope:
        await deliver(fake, content=Stalling(scope))
    assert fake.lines[-1] == "DELETE /up/1"


async def test_waits(autojump_clock: trio.testing.MockClock) -> None:
    """A registry that wants to be left alone for a while is."""
    fake = Slot()
    fake.first("PUT /up/1", Reply(429, headers={"Retry-After": "60"}))
    sender = client(fake, retries=Retries(first=0.0))
    await Delivery(sender, REPOSITORY, BLOB, Bytes(DATA)).run()
    assert trio.current_time() >= 60


async def test_sha512(registry: DockerRegistry) -> None:
    """A blob may be named by another algorithm, where the registry takes it."""
    digest = Digest.of(DATA, "sha512")
    sender = Breaking().client(Host(registry.host, tls=Tls.DISABLED))
    where = Repository(registry.host, "team/app")
    await Delivery(sender, where, Descriptor("", digest, len(DATA)), Bytes(DATA)).run()
    await sender.aclose()
