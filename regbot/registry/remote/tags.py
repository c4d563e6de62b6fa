"""Tags of a repository (OCI distribution specification, "Listing Tags")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.registry.http.exchange import Request
from regbot.registry.reference import is_tag
from regbot.registry.remote import listing

if TYPE_CHECKING:
    from regbot.registry.http.client import Client
    from regbot.registry.reference import Repository


async def ls(client: Client, repository: Repository, *, limit: int, last: str) -> list[str]:
    """Return the tags, in the registry's order where *limit* and *last* want nothing else."""
    span = listing.Span(limit, last)
    url = client.url(repository, "tags/list", span.query)
    request = Request("GET", url, repository.registry, repository.path, {"Accept": "application/json"})
    return await listing.names(client, request, "tags", span=span, valid=is_tag)
