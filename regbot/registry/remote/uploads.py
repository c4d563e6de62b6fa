"""Uploads of blobs that registries await, and each request there is for one.

OCI distribution specification, "Pushing blobs".  When to make which is the matter of delivery.py.
"""

from __future__ import annotations

import re
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import trio

from regbot.registry.errors import RegistryError
from regbot.registry.http import urls
from regbot.registry.http.exchange import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import httpx

    from regbot.registry.digest import Digest
    from regbot.registry.http.client import Client
    from regbot.registry.http.exchange import Answer
    from regbot.registry.reference import Repository

CANCEL_PATIENCE: Final = 2.0
"""Seconds for telling a registry that an upload will not go on."""
_STORED: Final = frozenset({200, 201, 202, 204})
_TAKEN: Final = frozenset({201, 202, 204})
_RANGE: Final = re.compile(r"(?:bytes[ =])?0-([0-9]{1,19})")
_MINIMUM: Final = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that a registry awaits at *location*, in chunks of *minimum* bytes at least (but for the last one)."""

    repository: Repository
    location: httpx.URL
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a blob to send: *size* of them, *data*; *leased* as of a `Request`."""

    data: AsyncIterator[bytes]
    size: int
    leased: bool = False


async def mount(client: Client, digest: Digest, source: Repository, target: Repository) -> Upload | None:
    """Have *target* share a blob of *source*, in one registry; None if it does, else an upload to do instead."""
    prefixed = client.prefixed(source)
    start = _start(client, target, {"mount": str(digest), "from": prefixed})
    request = replace(start, ok=frozenset({201, 202}), mount_from=prefixed)
    try:
        answer = await client.send(request)
    except RegistryError as exc:
        # Who may not read the source may still upload what he has from elsewhere.
        if exc.status not in {400, 403, 404, 405}:
            raise
        return await begin(client, target, digest)
    return None if answer.status == 201 else _begun(request, answer, target)


async def begin(client: Client, repository: Repository, digest: Digest) -> Upload:
    """Begin an upload of what has the digest."""
    # Registries hash while they receive, and take it for sha256 if they are not told.
    request = _start(client, repository, {} if digest.algorithm == "sha256" else {"digest-algorithm": digest.algorithm})
    return _begun(request, await client.send(request), repository)


async def progress(client: Client, upload: Upload, expected: int) -> tuple[Upload, int]:
    """Ask how many bytes the registry has, if not those *expected*, and return that with where to go on."""
    request = _request("GET", upload, ok=frozenset({200, 202, 204}))
    return _standing(request, upload, await client.send(request), expected)


async def extend(client: Client, upload: Upload, offset: int, part: Part) -> tuple[Upload, int]:
    """Send a chunk that begins at *offset*; return as `progress` does."""
    headers = {"Content-Range": f"{offset}-{offset + part.size - 1}", **_octets(part.size)}
    request = _request("PATCH", upload, headers=headers, body=part.data, ok=_TAKEN, leased=part.leased)
    answer = await client.send(request)
    if "Range" not in answer.headers:
        return _moved(request, upload, answer), offset + part.size
    return _standing(request, upload, answer, offset + part.size)


async def finish(client: Client, upload: Upload, digest: Digest, part: Part | None = None) -> None:
    """Have the registry store what it has as the blob, and *part* besides."""
    # What a registry keeps in its URL's query is its own business.
    there = replace(upload, location=urls.with_query(upload.location, f"digest={quote(str(digest))}"))
    if part is None:
        request = _request("PUT", there, headers=_octets(0), ok=_STORED, once=True)
    else:
        headers = _octets(part.size)
        request = _request("PUT", there, headers=headers, body=part.data, ok=_STORED, leased=part.leased)
    await client.send(request)


async def cancel(client: Client, upload: Upload) -> None:
    """Give up an upload, so that the registry need not keep what came of it; that it fails matters to nobody."""
    request = _request("DELETE", upload, ok=frozenset({200, 202, 204}), once=True)
    with trio.move_on_after(CANCEL_PATIENCE, shield=True), suppress(RegistryError):
        await client.send(request)


@asynccontextmanager
async def cancelled_on_failure(client: Client, upload: Upload) -> AsyncIterator[None]:
    """Cancel an upload if the block fails, or is itself cancelled."""
    try:
        yield
    except BaseException:
        await cancel(client, upload)
        raise


def _start(client: Client, repository: Repository, query: Mapping[str, str]) -> Request:
    url = client.url(repository, "blobs/uploads/", query)
    return Request("POST", url, repository.registry, repository.path, ok=frozenset({202}))


def _request(  # noqa: PLR0913 -- those of a Request
    method: str,
    upload: Upload,
    *,
    ok: frozenset[int],
    headers: Mapping[str, str] | None = None,
    body: bytes | AsyncIterator[bytes] = b"",
    leased: bool = False,
    once: bool = False,
) -> Request:
    where = upload.repository
    return Request(
        method, upload.location, where.registry, where.path, headers or {}, body, ok, leased=leased, once=once
    )


def _octets(size: int) -> dict[str, str]:
    return {"Content-Length": str(size), "Content-Type": "application/octet-stream"}


def _begun(request: Request, answer: Answer, repository: Repository) -> Upload:
    location = request.target(answer.url, answer.headers.get("Location", ""))
    return Upload(repository, location, _minimum(answer, 0))


def _moved(request: Request, upload: Upload, answer: Answer) -> Upload:
    """Return where an upload goes on: registries may name another place each time, or none for the same."""
    said = answer.headers.get("Location", "")
    location = request.target(answer.url, said) if said else upload.location
    return replace(upload, location=location, minimum=_minimum(answer, upload.minimum))


def _minimum(answer: Answer, known: int) -> int:
    said = answer.headers.get("OCI-Chunk-Min-Length", "")
    return int(said) if _MINIMUM.fullmatch(said) else known


def _standing(request: Request, upload: Upload, answer: Answer, expected: int) -> tuple[Upload, int]:
    match = _RANGE.fullmatch(answer.headers.get("Range", ""))
    if match is None:
        raise request.fault(RegistryError, "RANGE_INVALID", "the answer does not say which bytes the registry has")
    count = int(match[1]) + 1
    # "0-0" is one byte by the specification, and also what registries say of none.
    return _moved(request, upload, answer), 0 if count == 1 != expected else count
