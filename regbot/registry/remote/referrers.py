"""What refers to a manifest (OCI distribution specification, "Listing Referrers", "Unavailable Referrers API").

Where a registry does not know the API, whoever pushes and deletes keeps an index of the referrers under a tag that is
made of the subject's digest.  A manifest enters the registry before it enters the index, for registries refuse one that
names what is not there, and leaves the registry first.  So a process that dies in between, or is overtaken by another
one, may leave too much in the index or too little; its own tag a manifest gets only when the index has it.  What is
missing is mended by whoever puts the manifest again, and copying does so for what the target does not list.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Final

import trio

from regbot.registry import aside, mediatype, referrers_index
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.http.exchange import Request
from regbot.registry.manifest import Manifest
from regbot.registry.remote import manifests
from regbot.registry.remote.listing import Pages
from regbot.registry.remote.referrers_tag import ReferrersTag

if TYPE_CHECKING:
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.http.client import Client
    from regbot.registry.http.exchange import Answer
    from regbot.registry.reference import Reference, Repository

MAX_LISTED: Final = 50_000
"""Referrers of one manifest."""
API_LIFE: Final = 600.0
"""Seconds for which a repository is taken to have the API, or not to have it, as it was seen."""
MAX_KNOWN: Final = 1000
"""Repositories of which that is remembered."""

_NO_API: Final = frozenset({400, 404, 405, 501})
_OWN_CODES: Final = frozenset({"", "UNSUPPORTED"})
"""Codes of an answer to a path that a registry does not know; any other is about the repository or the digest."""
_INDEXES: Final = frozenset({mediatype.OCI_INDEX, "application/json", ""})


class Referrers:
    """The referrers in all repositories that one client reaches."""

    def __init__(self, client: Client) -> None:
        self._client, self._tag = client, ReferrersTag(client)
        self._api: OrderedDict[Repository, tuple[bool, float]] = OrderedDict()

    async def ls(self, subject: Reference, *, artifact_type: str = "") -> list[Descriptor]:
        """Return what refers to the digest of *subject*, each once, in the registry's order; see api.Reader."""
        if subject.digest is None:
            raise InvalidText("manifest to list the referrers of", str(subject), "it needs a digest")
        listed = await self._listed(subject, artifact_type)
        if listed is None:
            index = await self._tag.read(subject)
            # A tag of that name need not be ours.
            listed = list(index.children) if index is not None and index.is_index else []
            listed = _of_type(listed, artifact_type)
        return list({each.digest: each for each in listed}.values())

    async def put(self, reference: Reference, manifest: Manifest) -> None:
        """Store a manifest, and see to it that its subject's referrers have it."""
        if manifest.subject is None:
            await manifests.put(self._client, reference, manifest)
            return
        pinned = reference.at(manifest.descriptor.digest)
        # With the API one request does it all.  Without it the tag comes last: who finds it there would do no more.
        first = reference if self._known(reference.repository) else pinned
        listed = await manifests.put(self._client, first, manifest)
        subject = reference.at(manifest.subject.digest)
        if listed:
            self._note(reference.repository, has_api=True)
        elif listed is False or not await self._has_api(subject):
            referrer = manifest.referrer()
            await self._tag.change(
                subject, lambda index: referrers_index.with_entry(index, referrer), f"{pinned} is stored"
            )
        if reference.tag and first is pinned:
            await manifests.put(self._client, reference, manifest)

    async def delete(self, reference: Reference, known: Manifest | None) -> None:
        """Delete a manifest by its digest, and from its subject's referrers; *known* is it, if it is at hand."""
        digest, subject = reference.digest, await self._subject(reference, known)
        if subject is not None and await self._has_api(subject):
            subject = None
        await manifests.delete(self._client, reference)
        if subject is not None and digest is not None:
            await self._tag.change(
                subject, lambda index: referrers_index.without_entry(index, digest), f"{reference} is deleted"
            )

    async def _subject(self, reference: Reference, known: Manifest | None) -> Reference | None:
        """Return what a manifest refers to; None if that is nothing, or nothing that we have to care for."""
        if reference.digest is None or self._known(reference.repository):
            return None
        try:
            manifest = known or await manifests.get(self._client, reference)
        except (NotFound, Unverified):
            # Deleting it says better than this what there is to say; and nonsense must not keep us from deleting it.
            return None
        return reference.at(manifest.subject.digest) if manifest.subject else None

    async def _listed(self, subject: Reference, artifact_type: str) -> list[Descriptor] | None:
        """Return what the API lists; None where there is no API."""
        if self._known(subject.repository) is False:
            return None
        found: list[Descriptor] = []
        request = self._request(subject, artifact_type)
        try:
            async for answer in Pages(self._client, request):
                if not found and mediatype.bare(answer.headers.get("Content-Type", "")) not in _INDEXES:
                    self._note(subject.repository, has_api=False)
                    return None
                page = await aside.read(len(answer.body), partial(_read, request, answer))
                filtered = "artifacttype" in answer.headers.get("OCI-Filters-Applied", "").lower()
                found += page if filtered else _of_type(page, artifact_type)
                if len(found) > MAX_LISTED:
                    raise _fault(subject, "TOO_LARGE", f"more than {MAX_LISTED} manifests refer to {subject}")
        except RegistryError as exc:
            if found or exc.status not in _NO_API:
                raise
            if exc.code in _OWN_CODES:
                self._note(subject.repository, has_api=False)
            return None
        self._note(subject.repository, has_api=True)
        return found

    async def _has_api(self, subject: Reference) -> bool:
        known = self._known(subject.repository)
        return known if known is not None else await self._listed(subject, "") is not None

    def _request(self, subject: Reference, artifact_type: str) -> Request:
        repository = subject.repository
        query = {"artifactType": artifact_type} if artifact_type else None
        url = self._client.url(repository, f"referrers/{subject.digest}", query)
        return Request("GET", url, repository.registry, repository.path, {"Accept": mediatype.OCI_INDEX})

    def _known(self, repository: Repository) -> bool | None:
        """Say whether a repository has the API; None if that was not seen lately."""
        has_api, seen = self._api.get(repository, (None, 0.0))
        return has_api if trio.current_time() - seen < API_LIFE else None

    def _note(self, repository: Repository, *, has_api: bool) -> None:
        self._api[repository] = has_api, trio.current_time()
        self._api.move_to_end(repository)
        if len(self._api) > MAX_KNOWN:
            self._api.popitem(last=False)


def _read(request: Request, answer: Answer) -> list[Descriptor]:
    """Return what one page of the API lists."""
    try:
        return list(Manifest.read(answer.body, media_type=mediatype.OCI_INDEX).children)
    except Unverified as exc:
        raise request.fault(Unverified, exc.code, str(exc)) from exc


def _of_type(listed: list[Descriptor], artifact_type: str) -> list[Descriptor]:
    return [each for each in listed if artifact_type in {"", each.artifact_type}]


def _fault(subject: Reference, code: str, message: str) -> Unverified:
    where = subject.repository
    return Unverified(message, code=code, registry=where.registry, repository=where.path)
