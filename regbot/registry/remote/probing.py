"""What a registry can do, asked in ways that change nothing.

Whether it deletes is found out by one DELETE, of the digest of zeros: no content is known that has it, so there is
nothing that could go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from regbot.registry import mediatype
from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.http.exchange import Request
from regbot.registry.reference import DOCKER_HUB, Repository, parse_registry
from regbot.registry.remote import manifests, repositories

if TYPE_CHECKING:
    from regbot.registry.http.client import Client

ABSENT: Final = "regbot-doctor/absent"
"""The repository that is asked where none is known."""
ZEROS: Final = Digest.parse("sha256:" + 64 * "0")
_COUNTED: Final = {DOCKER_HUB: "ratelimitpreview/test"}
"""Repositories that a registry has for who wants to know his quota; a HEAD there does not count."""

_NOT_THERE: Final = frozenset({"MANIFEST_UNKNOWN", "NAME_UNKNOWN"})
_NO_DELETING: Final = frozenset({"UNSUPPORTED"})
_NO_API: Final = frozenset({400, 404, 405, 501})
_INDEXES: Final = frozenset({mediatype.OCI_INDEX, "application/json", ""})


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether a registry can do something (None: its answer does not tell), and in *why* what it said."""

    has: bool | None
    why: str = ""


async def greet(client: Client, registry: str) -> None:
    """Ask whether this is a registry and lets us in (OCI distribution specification, "Determining Support").

    InvalidText if no reference could name it.
    """
    parse_registry(registry)
    await client.send(Request("GET", client.top_url(registry, ""), registry))


async def some_repository(client: Client, registry: str) -> Repository:
    """Return a repository that is there, as far as the registry tells, or one that is not."""
    try:
        found = await repositories.ls(client, registry, limit=1, last="")
    except RegistryError:
        found = []
    prefix = f"{client.host(registry).path_prefix.strip('/')}/".lstrip("/")
    # What is not below the prefix cannot be asked for.
    paths = [path.removeprefix(prefix) for path in found if path.startswith(prefix)]
    return Repository(registry, paths[0] if paths else ABSENT)


async def deletes(client: Client, repository: Repository) -> Ability:
    """Return whether manifests can be deleted."""
    url = client.url(repository, f"manifests/{ZEROS}")
    request = Request("DELETE", url, repository.registry, repository.path, ok=manifests.DELETED)
    try:
        await client.send(request)
    except RegistryError as exc:
        if exc.status == 405 or exc.code in _NO_DELETING:
            return Ability(has=False)
        return Ability(has=(isinstance(exc, NotFound) and exc.code in _NOT_THERE) or None, why=exc.message)
    return Ability(has=True)


async def has_referrers(client: Client, repository: Repository) -> Ability:
    """Return whether there is the referrers API."""
    url = client.url(repository, f"referrers/{ZEROS}")
    request = Request("GET", url, repository.registry, repository.path, {"Accept": mediatype.OCI_INDEX})
    try:
        answer = await client.send(request)
    except RegistryError as exc:
        known = exc.status in _NO_API and exc.code != "NAME_UNKNOWN"
        return Ability(has=False if known else None, why=exc.message)
    return Ability(has=mediatype.bare(answer.headers.get("Content-Type", "")) in _INDEXES)


async def look_at_quota(client: Client, repository: Repository) -> None:
    """Send what a registry answers with its rate limit, where it has one, without a pull being counted."""
    counted = _COUNTED.get(repository.registry, repository.path)
    url = client.url(Repository(repository.registry, counted), "manifests/latest")
    request = Request("HEAD", url, repository.registry, counted, {"Accept": mediatype.OCI_INDEX})
    try:
        await client.send(request)
    except RegistryError:
        return  # Answers that say no tell the limit, too.
