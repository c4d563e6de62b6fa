"""Manifests in a registry (OCI distribution specification, "Pulling manifests", "Pushing Manifests", "Deleting")."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from regbot.registry import aside, mediatype
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.http.exchange import Request
from regbot.registry.manifest import MAX_READ, MAX_WRITTEN, Head, Manifest, RateLimit

if TYPE_CHECKING:
    from regbot.registry.http.client import Client
    from regbot.registry.http.exchange import Answer
    from regbot.registry.reference import Reference

DELETED: Final = frozenset({200, 202, 204})
_STORED: Final = frozenset({200, 201, 202, 204})
_RACES: Final = 3
"""Times that a registry may call a right digest wrong: docker-registry does where another process puts the same."""


async def head(
    client: Client, reference: Reference, *, leased: bool = False, once: bool = False
) -> tuple[Head, Manifest | None]:
    """Return what a manifest is; where a HEAD does not tell its digest, by a GET, and then the manifest, too.

    *leased* and *once* as of a `Request`, here and below.
    """
    if not client.host(reference.repository.registry).disable_head:
        request = _request(client, "HEAD", reference, leased=leased, once=once)
        answer = await client.send(request)
        digest = _digest_of(request, answer, reference)
        if digest is not None:
            return Head(_descriptor(answer, digest), RateLimit.parse(answer.headers)), None
    manifest = await get(client, reference, leased=leased, once=once)
    return Head(manifest.descriptor, manifest.rate_limit), manifest


async def get(client: Client, reference: Reference, *, leased: bool = False, once: bool = False) -> Manifest:
    """Return a manifest as received, verified."""
    request = _request(client, "GET", reference, leased=leased, once=once)
    answer = await client.send(request, limit=MAX_READ)
    digest, told = _digest_of(request, answer, reference), _told(answer)
    try:
        if told is not None and digest != told:
            told.verify(answer.body, "a manifest")  # by another algorithm than the one asked for
        read = partial(
            Manifest.read,
            answer.body,
            media_type=answer.headers.get("Content-Type", ""),
            digest=digest,
            rate_limit=RateLimit.parse(answer.headers),
        )
        return await aside.read(len(answer.body), read)
    except Unverified as exc:
        raise request.fault(Unverified, exc.code, str(exc)) from exc


async def put(
    client: Client, reference: Reference, manifest: Manifest, *, leased: bool = False, over: Digest | None = None
) -> bool | None:
    """Store a manifest byte for byte: under the reference's tag, where it has none under its digest.

    With *over*, it is not sent again where somebody else put something else than that meanwhile.

    Return whether the registry says that it lists the manifest among its subject's referrers; None if its answer was
    lost, and it was found to be there.
    """
    descriptor = manifest.descriptor
    if reference.digest not in {None, descriptor.digest}:
        raise _unfit(reference, f"the manifest is {descriptor.digest}", "DIGEST_INVALID")
    if len(manifest.body) > MAX_WRITTEN:
        raise _unfit(reference, f"{len(manifest.body)} bytes are more than {MAX_WRITTEN}", "TOO_LARGE")
    if descriptor.media_type in mediatype.OLD:
        raise _unfit(reference, "manifests of schema 1 are no longer written", "UNSUPPORTED")
    place = reference.tagged(reference.tag) if reference.tag else reference.at(descriptor.digest)
    request = replace(
        _request(client, "PUT", place), headers={"Content-Type": descriptor.media_type}, body=manifest.body, ok=_STORED
    )
    answer = await _Storing(client, replace(request, leased=leased, once=True), place, manifest, over).run()
    if answer is None:
        return None
    stored = _told(answer)
    if stored is not None and not _fits(stored, manifest):
        why = f"the registry stored {stored} instead of {descriptor.digest}"
        raise request.fault(Unverified, "DIGEST_INVALID", why)
    return "OCI-Subject" in answer.headers


@dataclass(slots=True)
class _Storing:
    """A manifest that is sent until it is stored.

    Where an answer was lost, a look at what is there comes first: to send it again might undo what others did since.
    """

    client: Client
    request: Request
    place: Reference
    manifest: Manifest
    over: Digest | None
    lost: bool = False
    races: int = 0

    async def run(self) -> Answer | None:
        """Return the answer; None if it was lost, and the manifest is there."""
        return await self.client.persist(self.place.repository, self.request.kind, self._once)

    async def _once(self) -> Answer | None:
        if self.lost:
            found = await self._find()
            if found is not None and _fits(found, self.manifest):
                return None
            if self.over is not None and found not in {None, self.over}:
                raise self.request.fault(RegistryError, "TAG_MOVED", f"somebody else moved it to {found} meanwhile")
        try:
            return await self.client.send(self.request)
        except RegistryError as exc:
            self.lost = self.lost or exc.unsettled
            if exc.status == 400 and exc.code == "DIGEST_INVALID" and self.races < _RACES:
                self.races += 1
                exc.temporary = True
            raise

    async def _find(self) -> Digest | None:
        try:
            found, _ = await head(self.client, self.place, leased=self.request.leased, once=True)
        except RegistryError:
            # Nothing is there, or we may only push: then to store the same bytes twice does no harm that we know of.
            return None
        return found.descriptor.digest


async def delete(client: Client, reference: Reference) -> None:
    """Delete a manifest by its digest, and with it every tag that points there."""
    if reference.digest is None:
        raise InvalidText("manifest to delete", str(reference), "it needs a digest")
    await _delete(client, reference.at(reference.digest))


async def delete_tag(client: Client, reference: Reference) -> None:
    """Ask a registry to delete a tag; many cannot (deletion.py)."""
    await _delete(client, reference.tagged(reference.tag))


async def _delete(client: Client, reference: Reference) -> None:
    """Delete what there is; once an answer was lost, that there is nothing means that it was done."""
    request = _request(client, "DELETE", reference, once=True)
    lost = False

    async def once() -> None:
        nonlocal lost
        try:
            await client.send(request)
        except RegistryError as exc:
            if lost and isinstance(exc, NotFound) and exc.code != "UNSUPPORTED":
                return
            lost = lost or exc.unsettled
            raise

    await client.persist(reference.repository, request.kind, once)


def _request(client: Client, method: str, reference: Reference, *, leased: bool = False, once: bool = False) -> Request:
    repository = reference.repository
    url = client.url(repository, f"manifests/{reference.version}")
    if method == "DELETE":
        return Request(method, url, repository.registry, repository.path, ok=DELETED, once=once)
    headers = {"Accept": mediatype.ACCEPT}
    return Request(method, url, repository.registry, repository.path, headers, leased=leased, once=once)


def _descriptor(answer: Answer, digest: Digest) -> Descriptor:
    """Return what the answer to a HEAD says of a manifest."""
    length = answer.headers.get("Content-Length", "")
    size = int(length) if length.isdecimal() and len(length) < 16 else -1
    return Descriptor(mediatype.bare(answer.headers.get("Content-Type", "")), digest, size)


def _told(answer: Answer) -> Digest | None:
    """Return the digest that an answer names; None if it names none that means anything."""
    try:
        digest = Digest.parse(answer.headers.get("Docker-Content-Digest", ""))
    except InvalidText:
        return None
    return digest if digest.checkable else None


def _digest_of(request: Request, answer: Answer, reference: Reference) -> Digest | None:
    """Return the digest that an answer should have: the one asked for, else the one that it names."""
    wanted, told = reference.digest, _told(answer)
    if wanted and told and wanted.algorithm == told.algorithm and wanted != told:
        raise request.fault(Unverified, "DIGEST_INVALID", f"the answer is {told}")
    return wanted or told


def _fits(digest: Digest, manifest: Manifest) -> bool:
    """Say whether *digest*, which can be checked, is that of a manifest's bytes."""
    return digest in {manifest.descriptor.digest, Digest.of(manifest.body, digest.algorithm)}


def _unfit(reference: Reference, why: str, code: str) -> RegistryError:
    where = reference.repository
    kind = Unverified if code == "DIGEST_INVALID" else RegistryError
    return kind(f"{reference} cannot be put: {why}", code=code, registry=where.registry, repository=where.path)
