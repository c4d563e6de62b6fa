"""Blobs that a registry has (OCI distribution specification, "Pulling blobs").  None is ever held whole.

A blob whose connection broke off is asked for again from where it ended (RFC 9110, 14.2, "Range").
"""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from regbot.registry import mediatype
from regbot.registry.content import skipping
from regbot.registry.descriptor import Descriptor
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.http.exchange import Request
from regbot.registry.remote.feed import feed
from regbot.registry.remote.sums import Sum

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from regbot.registry.digest import Digest
    from regbot.registry.http.client import Client
    from regbot.registry.reference import Repository
    from regbot.registry.remote.feed import Send
    from regbot.registry.remote.mirrors import Places

LONGEST_HELD: Final = 5.0
"""Seconds for which a slot of a registry is kept while nothing is asked of it."""
_RANGE: Final = re.compile(r"bytes (\*|[0-9]{1,19})(?:-[0-9]{1,19})?/([0-9]{1,19}|\*)")
_LENGTH: Final = re.compile(r"[0-9]{1,19}")
_PARTS: Final = frozenset({200, 206, 416})
PULL: Final = "GET blobs"
"""The kind of request that waits where a registry wants to be left alone."""


async def has(client: Client, repository: Repository, digest: Digest) -> bool:
    """Say whether the repository has the blob."""
    try:
        await head(client, repository, digest)
    except NotFound:
        return False
    return True


async def head(client: Client, repository: Repository, digest: Digest, *, once: bool = False) -> Descriptor:
    """Return what is known of a blob without reading it: digest and size (-1 where the registry does not say).

    *once* as of a `Request`.
    """
    request = replace(_request(client, repository, digest, "HEAD"), once=once)
    if client.host(repository.registry).disable_head:
        return await _peek(client, request, digest)
    answer = await client.send(request)
    return Descriptor(mediatype.OCTETS, digest, _length(answer.headers))


async def _peek(client: Client, request: Request, digest: Digest) -> Descriptor:
    """Ask for the first byte; of a registry that sends all the others as well, they are not read."""
    request = replace(request, method="GET", headers={"Range": "bytes=0-0"}, ok=_PARTS)
    async with client.open(request) as (status, body):
        size = _length(body.headers) if status == 200 else _total(body.headers)
    return Descriptor(mediatype.OCTETS, digest, size)


class Stored:
    """A blob in a registry as a Content: it may be read from any byte on, and again, by one reader at a time.

    Every byte is part of its digest, though none is read again but the last few.  It is read from the first of *places*
    that has it, and where one fails from the next.  With *leased* the caller holds the slot for the current one: it is
    not gone on to a next one then, nor waited for long where a registry wants to be left alone; that is an error.
    """

    def __init__(self, client: Client, places: Places, descriptor: Descriptor, *, leased: bool = False) -> None:
        self._client, self._places, self._descriptor = client, places, descriptor
        self._leased = leased
        self._sum = Sum(descriptor, self._fault)
        self._held: bytes | None = None
        self._given = False
        self.failure: RegistryError | None = None
        """What reading it ended in, the last time."""

    @asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream the blob from *offset* on; see Content."""
        self._held = self.failure = None
        before = self._sum.back(offset)
        self._given = before > 0
        async with feed(self._read) as data:
            yield skipping(data, offset - before)

    async def _read(self, send: Send) -> None:
        """Send all pieces from where the sum is; the last one once it is right."""
        while True:
            try:
                await self._read_here(send)
                self._sum.check()
                break
            except RegistryError as exc:
                self.failure = exc
            if self._leased:
                # What is to be done about it is for the caller to say, and for nobody between.
                raise self.failure if self.failure.tries else self.failure.given_up(1)
            if not self._read_elsewhere(self.failure):
                raise self.failure
        self.failure = None
        if self._held is not None:
            await send(self._held)

    def _read_elsewhere(self, failure: RegistryError) -> bool:
        """Go on at the next place, with wrong bytes from the beginning; False if there is none."""
        wrong = isinstance(failure, Unverified)
        more = self._places.go_on(failure)
        if (wrong and self._given) or not more:
            self.failure = self._places.refusal or failure
            return False
        if wrong:
            self._sum.back(0)
            self._held = None
        return True

    async def _read_here(self, send: Send) -> None:
        attempts = self._client.attempts(self._places.current, PULL)
        if not self._leased:
            await attempts.begin()
        while True:
            start = self._sum.position
            try:
                await self._read_on(start, send)
            except RegistryError as exc:
                failure = exc
            else:
                return
            forward = self._sum.position - start
            if self._places.at_mirror and not forward:
                raise failure
            if self._leased and (failure.retry_after or 0.0) > LONGEST_HELD:
                raise failure
            await attempts.failed(failure, forward=forward)

    async def _read_on(self, start: int, send: Send) -> None:
        if start and start == self._descriptor.size:
            return
        wanted = {"Range": f"bytes={start}-"} if start else {}
        whole = _request(self._client, self._places.current, self._descriptor.digest, "GET")
        request = replace(whole, headers=wanted, ok=_PARTS, leased=self._leased, once=True)
        async with self._client.open(request) as (status, body):
            if status == 416 and start and _total(body.headers) == start:
                return
            async for piece in skipping(body, self._passed(status, body.headers, start)):
                self._sum.add(piece)
                held, self._held = self._held, piece
                if held is not None:
                    self._given = True
                    await send(held)

    def _passed(self, status: int, headers: httpx.Headers, start: int) -> int:
        """Return how many bytes of an answer were read before: all, if it begins at the beginning, or none."""
        if status == 200:
            return start
        begins = _RANGE.fullmatch(headers.get("Content-Range", ""))
        fits = _total(headers) in {self._descriptor.size, -1} or self._descriptor.size < 0
        if not (status == 206 and start and begins and begins[1] == str(start) and fits):
            what = f"the answer {status} is not the rest of the blob from byte {start} on"
            raise self._fault(Unverified, "RANGE_INVALID", what)
        return 0

    def _fault(self, kind: type[RegistryError], code: str, what: str) -> RegistryError:
        return _request(self._client, self._places.current, self._descriptor.digest, "GET").fault(kind, code, what)


def _request(client: Client, repository: Repository, digest: Digest, method: str) -> Request:
    url = client.url(repository, f"blobs/{digest}")
    return Request(method, url, repository.registry, repository.path, anywhere=True)


def _length(headers: httpx.Headers) -> int:
    """Return the size that an answer says a whole blob has; -1 for none."""
    length = headers.get("Content-Length", "")
    return int(length) if _LENGTH.fullmatch(length) else -1


def _total(headers: httpx.Headers) -> int:
    """Return likewise what a part says of the whole."""
    match = _RANGE.fullmatch(headers.get("Content-Range", ""))
    return int(match[2]) if match and match[2] != "*" else -1
