"""What a token is asked for: `repository:NAME:ACTIONS` (Docker registry, "Token Scope Documentation")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from regbot.registry.http.exchange import Request

MAX_SCOPES: Final = 2048
"""Characters of what a challenge may want to be asked for."""
CATALOG: Final = "registry:catalog:*"

Scopes: TypeAlias = tuple[str, ...]
Grants: TypeAlias = frozenset[tuple[str, str]]
"""Pairs of a resource, like "repository:team/app", and one action."""


def needed(request: Request, path_prefix: str) -> Scopes:
    """Return what *request* needs at a registry that has every repository below *path_prefix*."""
    if not request.repository:
        return (CATALOG,)
    path = "/".join(filter(None, (path_prefix.strip("/"), request.repository)))
    own = f"repository:{path}:{_actions(request)}"
    if request.mount_from in {"", path}:
        return (own,)
    return (own, f"repository:{request.mount_from}:pull")


def _actions(request: Request) -> str:
    if request.method in {"GET", "HEAD"}:
        return "pull"
    if request.method == "DELETE" and "/blobs/uploads/" not in request.url.path:
        # Some registries want "delete" for it, some "push", and who deletes pulls and pushes, too: one token for all.
        return "pull,push,delete"
    return "pull,push"


def offered(text: str) -> Scopes:
    """Return the scopes that a challenge names; none if it has too many, or characters that belong in none."""
    good = len(text) <= MAX_SCOPES and text.isascii() and text.isprintable()
    return tuple(dict.fromkeys(text.split())) if good else ()


def grants(scopes: Scopes) -> Grants:
    """Return the single grants of *scopes*."""
    parts = (scope.rpartition(":") for scope in scopes)
    return frozenset((resource, action) for resource, _, actions in parts for action in actions.split(","))


def resource(scopes: Scopes) -> str:
    """Return what *scopes* are about: the resource of the first."""
    return scopes[0].rpartition(":")[0] if scopes else ""
