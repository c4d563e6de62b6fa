from __future__ import annotations

import httpx
import pytest

from regbot.registry.auth.scopes import MAX_SCOPES, grants, needed, offered, resource
from regbot.registry.http.exchange import Request

MANIFEST = "https://a.example/v2/hub/team/app/manifests/v1"
UPLOAD = "https://a.example/v2/hub/team/app/blobs/uploads/1"


@pytest.mark.parametrize(
    ("method", "url", "actions"),
    [
        ("GET", MANIFEST, "pull"),
        ("HEAD", MANIFEST, "pull"),
        ("PUT", MANIFEST, "pull,push"),
        ("POST", UPLOAD, "pull,push"),
        ("PATCH", UPLOAD, "pull,push"),
        ("GET", UPLOAD, "pull"),
        ("DELETE", UPLOAD, "pull,push"),
        ("DELETE", MANIFEST, "pull,push,delete"),
    ],
)
def test_actions(method: str, url: str, actions: str) -> None:
    """Who reads pulls, who writes pushes, and to give an upload up deletes nothing."""
    request = Request(method, httpx.URL(url), "a.example", "team/app")
    assert needed(request, "/hub/") == (f"repository:hub/team/app:{actions}",)


def test_catalog() -> None:
    """What belongs to no repository is the catalog."""
    assert needed(Request("GET", httpx.URL("https://a.example/v2/_catalog"), "a.example"), "hub") == (
        "registry:catalog:*",
    )


@pytest.mark.parametrize(("source", "more"), [("team/base", ("repository:team/base:pull",)), ("team/app", ())])
def test_mount(source: str, more: tuple[str, ...]) -> None:
    """A mount reads another repository, too; nothing else asks for two."""
    request = Request("POST", httpx.URL(UPLOAD), "a.example", "team/app", mount_from=source)
    assert needed(request, "") == ("repository:team/app:pull,push", *more)


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("", ()),
        ("repository:a:pull", ("repository:a:pull",)),
        ("repository:a:pull  repository:b:pull repository:a:pull", ("repository:a:pull", "repository:b:pull")),
        ("repository:ä:pull", ()),
        ("repository:a\n:pull", ()),
        ("x" * MAX_SCOPES, ("x" * MAX_SCOPES,)),
        ("x" * (MAX_SCOPES + 1), ()),
    ],
)
def test_offered(text: str, scopes: tuple[str, ...]) -> None:
    """A challenge's scopes are taken apart, without what can be none."""
    assert offered(text) == scopes


def test_grants() -> None:
    """Scopes are compared by what they grant, not by how they are written."""
    assert grants(("repository:a:5000/b:push,pull",)) == grants(
        ("repository:a:5000/b:pull", "repository:a:5000/b:push")
    )
    assert grants(("odd",)) == {("", "odd")}


def test_resource() -> None:
    """Scopes are about the resource of the first."""
    assert resource(("repository:a/b:pull", "repository:c:pull")) == "repository:a/b"
