"""One blob on its way into a repository, until the registry confirms it.

It is sent with one PUT.  Where that fails in a way that may pass, or the blob is larger than `blobMax`, it is sent in
chunks, and after each failure from where the registry is.  What a lost answer said is found out by asking.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.remote import blobs, uploads
from regbot.registry.remote.portions import Portions
from regbot.registry.remote.uploads import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.http.client import Client
    from regbot.registry.reference import Repository
    from regbot.registry.remote.uploads import Upload

_PUSH: Final = "PUT uploads"
_TURNED_AWAY: Final = frozenset({400, 401, 403})
"""What registries answer where they look no further than at who we are; 400 is one way to say that a login expired."""
_FORBIDDEN: Final = frozenset({401, 403})


class Delivery:
    """What it takes to store *content* as the blob of *descriptor*, whose size is known.

    *upload* is one that was begun already.  With *leased* the content holds the slots for sending it while it is open.
    """

    def __init__(  # noqa: PLR0913 -- the content, where it goes, and what is known already
        self,
        client: Client,
        repository: Repository,
        descriptor: Descriptor,
        content: Content,
        *,
        upload: Upload | None = None,
        leased: bool = False,
    ) -> None:
        self._client, self._repository, self._descriptor, self._content = client, repository, descriptor, content
        self._upload, self._leased = upload, leased
        self._host = client.host(repository.registry)
        self._large = 0 <= self._host.blob_max < descriptor.size
        self._chunked = self._large
        self._chunks_refused = False
        self._offset = self._best = 0
        self._doubtful = False  # whether the registry may be elsewhere than at _offset
        self._disputed = False  # whether it said that it is
        self._patched = False  # whether the upload went on where the registry said that it was
        self._asked_to_store = False  # whether it may have the blob

    async def run(self) -> None:
        """Store the blob; an upload that comes to nothing, or is cancelled, is given up."""
        try:
            await self._client.persist(self._repository, _PUSH, self._attempt, progress=lambda: self._best)
        except BaseException:
            await self._abandon()
            raise

    async def _attempt(self) -> None:
        """Send what is missing."""
        if self._asked_to_store and await blobs.has(self._client, self._repository, self._descriptor.digest):
            await self._abandon()
            return
        upload = await self._resumed() or await self._begun()
        if self._chunked or self._offset:
            await self._send_chunks(upload)
        elif self._descriptor.size:
            async with self._content.open() as data:
                await self._store(upload, Portions(data))
        else:
            await self._store(upload)

    async def _resumed(self) -> Upload | None:
        """Return the upload at the place where the registry is; None if there is none to go on with."""
        if self._upload is None or not self._doubtful:
            return self._upload
        try:
            self._upload, offset = await uploads.progress(self._client, self._upload, self._offset)
        except NotFound:
            self._upload = None
            return None
        except RegistryError as exc:
            if exc.temporary:
                raise
            offset = -1
        end = 0 if self._chunks_refused else self._descriptor.size
        if 0 <= offset <= end and not (self._disputed and offset == self._offset):
            self._advance(offset)
            self._patched = offset > 0
        else:
            await self._abandon()
        return self._upload

    async def _begun(self) -> Upload:
        self._upload = await uploads.begin(self._client, self._repository, self._descriptor.digest)
        self._advance(0)
        self._patched = False
        return self._upload

    def _advance(self, offset: int) -> None:
        self._offset, self._best = offset, max(offset, self._best)
        self._doubtful = self._disputed = False

    async def _abandon(self) -> None:
        upload, self._upload = self._upload, None
        if upload is not None:
            await uploads.cancel(self._client, upload)

    async def _send_chunks(self, upload: Upload) -> None:
        if self._offset < self._descriptor.size:
            async with self._content.open(self._offset) as data:
                portions = Portions(data, self._offset)
                while self._offset < self._descriptor.size:
                    self._upload = upload = await self._send_chunk(upload, portions)
        await self._store(upload)

    async def _send_chunk(self, upload: Upload, portions: Portions) -> Upload:
        size = min(self._chunk_size(upload), self._descriptor.size - self._offset)
        part = Part(portions.take(size), size, self._leased)
        with self._learning(portions):
            upload, offset = await uploads.extend(self._client, upload, self._offset, part)
            if not offset == portions.position == self._offset + size:
                message = f"the registry has {offset} bytes after {portions.position} were sent"
                raise self._fault(message, temporary=True)
        self._advance(offset)
        return upload

    def _chunk_size(self, upload: Upload) -> int:
        limit = self._host.blob_limit
        if upload.minimum > limit:
            raise self._fault(f"the registry wants chunks of {upload.minimum} bytes, and blobLimit allows {limit}")
        return max(self._host.blob_chunk, upload.minimum)

    def _fault(self, what: str, *, temporary: bool = False) -> RegistryError:
        where = self._repository
        message = f"the upload of {self._descriptor.digest} to {where}: {what}"
        code = "BLOB_UPLOAD_INVALID"
        return RegistryError(message, code=code, registry=where.registry, repository=where.path, temporary=temporary)

    async def _store(self, upload: Upload, portions: Portions | None = None) -> None:
        """Send the whole in one piece, or nothing where the registry has it all, and have that stored."""
        size, digest = self._descriptor.size, self._descriptor.digest
        part = Part(portions.take(size), size, self._leased) if portions else None
        self._asked_to_store = True
        with self._learning(portions):
            await uploads.finish(self._client, upload, digest, part)
        self._upload = None

    @contextmanager
    def _learning(self, portions: Portions | None) -> Iterator[None]:
        """Learn from what the registry says to the upload; where the content fails, there is nothing to learn."""
        self._doubtful = True
        try:
            yield
        except RegistryError as exc:
            if portions is not None and exc is portions.failure:
                self._asked_to_store = False
            else:
                self._learn(exc)
            raise

    def _learn(self, exc: RegistryError) -> None:
        """Decide how to go on, and make the error `temporary` where that may lead somewhere."""
        status = exc.status
        self._asked_to_store = self._asked_to_store and (exc.unsettled or status == 404)
        if exc.temporary and status in _TURNED_AWAY:
            # Nothing of it was taken: there is another login now.
            self._doubtful = False
        elif status in {404, 416}:
            # It knows nothing of this upload, or of our idea of how far it is.
            exc.temporary, self._disputed = True, status == 416
            self._upload = self._upload if self._disputed else None
        elif exc.temporary or (not self._chunked and (status == 413 or status > 500)):
            exc.temporary = True
            self._chunked = not self._chunks_refused
        elif self._patched and exc.code == "DIGEST_INVALID":
            # It was not where it said: what came of a broken connection may arrive late.
            exc.temporary, self._upload = True, None
        elif self._chunked and not self._large and status not in _FORBIDDEN:
            # It takes no chunks, or not such ones; perhaps it takes the whole after all.
            exc.temporary = self._chunks_refused = True
            self._chunked = False
