"""Blobs in a registry (OCI distribution specification, "Pulling blobs", "Pushing blobs").  None is ever held whole."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import trio

from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.exchange import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import httpx

    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.exchange import Answer
    from regbot.registry.http import Client
    from regbot.registry.reference import Repository

CANCEL_PATIENCE: Final = 2.0
"""Seconds for telling a registry that an upload will not go on."""
_STORED: Final = frozenset({200, 201, 202, 204})


class Verified:
    """The chunks of a blob, of which the last is given out only once size and digest are known to be right.

    Whoever passes them on can therefore never have passed on the whole of something wrong.
    """

    def __init__(self, data: AsyncIterator[bytes], descriptor: Descriptor, request: Request) -> None:
        self._data, self._descriptor, self._request = data, descriptor, request
        self._hasher = descriptor.digest.hasher()
        self._size = 0
        self._held: bytes | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while (chunk := await anext(self._data, None)) is not None:
            self._take(chunk)
            held, self._held = self._held, chunk
            if held is not None:
                return held
        self._check()
        held, self._held = self._held, None
        if held is None:
            raise StopAsyncIteration
        return held

    def _take(self, chunk: bytes) -> None:
        self._hasher.update(chunk)
        self._size += len(chunk)
        if self._size > self._descriptor.size >= 0:
            raise self._fault("SIZE_INVALID", f"more than {self._descriptor.size} bytes")

    def _check(self) -> None:
        if 0 <= self._descriptor.size != self._size:
            raise self._fault("SIZE_INVALID", f"{self._size} bytes instead of {self._descriptor.size}")
        if (found := self._hasher.hexdigest()) != self._descriptor.digest.encoded:
            raise self._fault(
                "DIGEST_INVALID", f"the digest of the bytes is {self._descriptor.digest.algorithm}:{found}"
            )

    def _fault(self, code: str, what: str) -> RegistryError:
        return self._request.fault(Unverified, code, what)


@asynccontextmanager
async def get(
    client: Client, repository: Repository, descriptor: Descriptor, *, leased: bool = False
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Stream a blob, verified."""
    url = client.url(repository, f"blobs/{descriptor.digest}")
    request = Request("GET", url, repository.registry, repository.path, leased=leased, anywhere=True)
    async with client.open(request) as (_, body):
        yield Verified(body, descriptor, request)


async def has(client: Client, repository: Repository, digest: Digest) -> bool:
    """Say whether the repository has the blob."""
    url = client.url(repository, f"blobs/{digest}")
    request = Request("HEAD", url, repository.registry, repository.path, ok=frozenset({200, 404}), anywhere=True)
    return (await client.send(request)).status == 200


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that a registry awaits at *location*; *leased* as of a `Request`."""

    repository: Repository
    location: httpx.URL
    leased: bool = False


async def mount(client: Client, digest: Digest, source: Repository, target: Repository) -> Upload | None:
    """Have *target* share a blob of *source*, in one registry; None if it does, else an upload to do instead."""
    request = _start(client, target, {"mount": str(digest), "from": client.prefixed(source)})
    try:
        answer = await client.send(request)
    except RegistryError as exc:
        # Who may not read the source may still upload what he has from elsewhere.
        if exc.status not in {400, 403, 404, 405}:
            raise
        return await begin(client, target)
    return None if answer.status == 201 else _upload(request, answer, target)


async def put(
    client: Client, repository: Repository, descriptor: Descriptor, data: AsyncIterator[bytes], *, leased: bool = False
) -> None:
    """Store a blob whose digest and size are known."""
    upload = await begin(client, repository, leased=leased)
    async with cancelled_on_failure(client, upload):
        await finish(client, upload, descriptor, data)


async def begin(client: Client, repository: Repository, *, leased: bool = False) -> Upload:
    """Begin an upload."""
    request = _start(client, repository, leased=leased)
    return _upload(request, await client.send(request), repository)


async def finish(client: Client, upload: Upload, descriptor: Descriptor, data: AsyncIterator[bytes]) -> None:
    """Send the whole blob, in one piece."""
    # What a registry keeps in its URL's query is its own business.
    query = b"&".join(filter(None, (upload.location.query, f"digest={quote(str(descriptor.digest))}".encode())))
    request = Request(
        "PUT",
        upload.location.copy_with(query=query),
        upload.repository.registry,
        upload.repository.path,
        {"Content-Length": str(descriptor.size), "Content-Type": "application/octet-stream"},
        data,
        _STORED,
        upload.leased,
    )
    await client.send(request)


@asynccontextmanager
async def cancelled_on_failure(client: Client, upload: Upload) -> AsyncIterator[None]:
    """Cancel an upload if the block fails, or is itself cancelled."""
    try:
        yield
    except BaseException:
        await cancel(client, upload)
        raise


async def cancel(client: Client, upload: Upload) -> None:
    """Give up an upload, so that the registry need not keep what came of it; that it fails matters to nobody."""
    where = upload.repository
    ok = frozenset({200, 202, 204})
    request = Request("DELETE", upload.location, where.registry, where.path, ok=ok, leased=upload.leased)
    with trio.move_on_after(CANCEL_PATIENCE, shield=True), suppress(RegistryError):
        await client.send(request)


def _start(
    client: Client, repository: Repository, query: Mapping[str, str] | None = None, *, leased: bool = False
) -> Request:
    url = client.url(repository, "blobs/uploads/", query)
    ok = frozenset({201, 202}) if query else frozenset({202})
    return Request("POST", url, repository.registry, repository.path, ok=ok, leased=leased)


def _upload(request: Request, answer: Answer, repository: Repository) -> Upload:
    return Upload(repository, request.target(answer.url, answer.headers.get("Location", "")), request.leased)
