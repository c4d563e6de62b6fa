"""Deleting a tag, also where the registry knows no such thing.

Many registries (docker-registry 2.8) delete manifests only, and a manifest goes with all its tags.  There the tag is
moved to a manifest that no other tag can have, and that one is deleted: a copy of the tag's own manifest with a random
annotation, so that all it names is in the repository already.

    DELETE tag -> cannot          only 400, 404 and 405 with a code that says so; any other refusal is final
    DELETE of a random digest     does this registry delete manifests at all?  If not, nothing was touched
    GET tag                       the manifest to put back, should anything fail from here on
    PUT copy under the tag
    DELETE copy by its digest     the tag goes with it, and nothing else

Where the registry takes no copy, for it has lost some of what that names, or for it is of schema 1, an empty index
stands in.  The original could not be put back then, so another such index is put and deleted without a tag before.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.remote import manifests
from regbot.registry.remote.stand_in import StandIn

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.registry.http.client import Client
    from regbot.registry.reference import Reference

_CANNOT: Final = {
    400: {"UNSUPPORTED", "DIGEST_INVALID", "TAG_INVALID", "MANIFEST_INVALID"},
    404: {"UNSUPPORTED"},
    405: {"UNSUPPORTED", ""},
}
"""Status, and codes with it, by which a registry says that it cannot delete by tag."""


async def delete_tag(
    client: Client,
    reference: Reference,
    *,
    warn: Callable[[str], None] = lambda _: None,
    nonce: Callable[[], str] = lambda: secrets.token_hex(32),
) -> Digest | None:
    """Delete a tag and nothing else; return what it pointed at if that became known.

    On any failure the tag points where it did.
    Where that cannot be had, *warn* is told what to do about it: nobody may be there any more to catch the error.
    """
    refused = await _try(client, reference)
    if refused is None:
        return None
    await _check(client, reference, refused, nonce())
    tag = reference.tagged(reference.tag)
    original = await manifests.get(client, tag)
    await StandIn(client, tag, original, nonce).play(warn)
    return original.descriptor.digest


async def _try(client: Client, reference: Reference) -> RegistryError | None:
    """Delete the tag as the specification has it; return the refusal of a registry that cannot."""
    try:
        await manifests.delete_tag(client, reference)
    except RegistryError as exc:
        if exc.code in _CANNOT.get(exc.status, ()):
            return exc
        raise
    return None


async def _check(client: Client, reference: Reference, refused: RegistryError, nonce: str) -> None:
    """Raise *refused*, with the reason, unless the registry would delete a manifest."""
    try:
        await manifests.delete(client, reference.at(Digest.of(nonce.encode())))
    except RegistryError as exc:
        if isinstance(exc, NotFound) and exc.code != "UNSUPPORTED":
            return
        raise RegistryError(
            f"{refused}; manifests cannot be deleted there either: {exc}",
            status=exc.status,
            code=exc.code,
            registry=refused.registry,
            repository=refused.repository,
            request=refused.request,
        ) from exc
