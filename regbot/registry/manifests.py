"""Manifests in a registry (OCI distribution specification, "Pulling manifests", "Pushing Manifests", "Deleting")."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from regbot.registry import mediatype
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, RegistryError, Unverified
from regbot.registry.exchange import Request
from regbot.registry.manifest import MAX_READ, MAX_WRITTEN, Head, Manifest, RateLimit

if TYPE_CHECKING:
    from regbot.registry.exchange import Answer
    from regbot.registry.http import Client
    from regbot.registry.reference import Reference

DELETED: Final = frozenset({200, 202, 204})
_STORED: Final = frozenset({200, 201, 202, 204})


async def head(client: Client, reference: Reference, *, leased: bool = False) -> tuple[Head, Manifest | None]:
    """Return what a manifest is; where the registry does not tell its digest, by a GET, and then the manifest, too.

    *leased* as of a `Request`, here and below.
    """
    request = replace(_request(client, "HEAD", reference), leased=leased)
    answer = await client.send(request)
    digest = _digest_of(request, answer, reference)
    if digest is None:
        manifest = await get(client, reference, leased=leased)
        return Head(manifest.descriptor, manifest.rate_limit), manifest
    length = answer.headers.get("Content-Length", "")
    size = int(length) if length.isdecimal() and len(length) < 16 else -1
    kind = mediatype.bare(answer.headers.get("Content-Type", ""))
    return Head(Descriptor(kind, digest, size), RateLimit.parse(answer.headers)), None


async def get(client: Client, reference: Reference, *, leased: bool = False) -> Manifest:
    """Return a manifest as received, verified."""
    request = replace(_request(client, "GET", reference), leased=leased)
    answer = await client.send(request, limit=MAX_READ)
    try:
        return Manifest.read(
            answer.body,
            media_type=answer.headers.get("Content-Type", ""),
            digest=_digest_of(request, answer, reference),
            rate_limit=RateLimit.parse(answer.headers),
        )
    except Unverified as exc:
        raise request.fault(Unverified, exc.code, str(exc)) from exc


async def put(client: Client, reference: Reference, manifest: Manifest, *, leased: bool = False) -> None:
    """Store a manifest byte for byte: under the reference's tag, where it has none under its digest."""
    descriptor = manifest.descriptor
    if reference.digest not in {None, descriptor.digest}:
        raise _unfit(reference, f"the manifest is {descriptor.digest}", "DIGEST_INVALID")
    if len(manifest.body) > MAX_WRITTEN:
        raise _unfit(reference, f"{len(manifest.body)} bytes are more than {MAX_WRITTEN}", "TOO_LARGE")
    if descriptor.media_type in mediatype.OLD:
        raise _unfit(reference, "manifests of schema 1 are no longer written", "UNSUPPORTED")
    request = Request(
        "PUT",
        client.url(reference.repository, f"manifests/{reference.tag or descriptor.digest}"),
        reference.repository.registry,
        reference.repository.path,
        {"Content-Type": descriptor.media_type},
        manifest.body,
        _STORED,
        leased,
    )
    answer = await client.send(request)
    stored = _told(answer)
    if stored is not None and stored.algorithm == descriptor.digest.algorithm and stored != descriptor.digest:
        raise _unfit(reference, f"the registry stored {stored} instead of {descriptor.digest}", "DIGEST_INVALID")


async def delete(client: Client, reference: Reference) -> None:
    """Delete a manifest by its digest, and with it every tag that points there."""
    if reference.digest is None:
        raise InvalidText("manifest to delete", str(reference), "it needs a digest")
    await client.send(_request(client, "DELETE", reference, DELETED))


async def delete_tag(client: Client, reference: Reference) -> None:
    """Ask a registry to delete a tag; many cannot (deletion.py)."""
    await client.send(_request(client, "DELETE", reference.tagged(reference.tag), DELETED))


def _request(client: Client, method: str, reference: Reference, ok: frozenset[int] = frozenset({200})) -> Request:
    repository = reference.repository
    headers = {} if method == "DELETE" else {"Accept": mediatype.ACCEPT}
    url = client.url(repository, f"manifests/{reference.version}")
    return Request(method, url, repository.registry, repository.path, headers, ok=ok)


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


def _unfit(reference: Reference, why: str, code: str) -> RegistryError:
    where = reference.repository
    kind = Unverified if code == "DIGEST_INVALID" else RegistryError
    return kind(f"{reference} cannot be put: {why}", code=code, registry=where.registry, repository=where.path)
