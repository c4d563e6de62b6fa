"""Repositories of a registry (Docker registry HTTP API V2, "Catalog"; the OCI specification has none)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.registry.http.exchange import Request
from regbot.registry.reference import is_path
from regbot.registry.remote import listing

if TYPE_CHECKING:
    from regbot.registry.http.client import Client


async def ls(client: Client, registry: str, *, limit: int, last: str) -> list[str]:
    """Return the paths of the repositories."""
    span = listing.Span(limit, last)
    url = client.top_url(registry, "_catalog", span.query)
    request = Request("GET", url, registry, headers={"Accept": "application/json"})
    return await listing.names(client, request, "repositories", span=span, valid=is_path)
