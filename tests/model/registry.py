"""A registry that works, in memory: the OCI distribution specification 1.1 as docker-registry 2.8 does it.

It is no table of answers: what is put can be got, what is missing is refused, and what it does differently from other
registries is an option.  tests/model/test_same_answers.py holds it to the real one, answer by answer.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.model.access import Need
from tests.model.blobs import Blobs
from tests.model.listings import Listings
from tests.model.manifests import Manifests
from tests.model.message import Asked, Refused, Reply, as_text
from tests.model.options import Options
from tests.model.store import Store
from tests.model.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

_NAME: Final = r"/v2/(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
_DIGEST: Final = r"[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,}"
_ROUTES: Final = {
    "top": ("GET", re.compile("/v2/")),
    "catalog": ("GET", re.compile("/v2/_catalog")),
    "tags": ("GET", re.compile(f"{_NAME}/tags/list")),
    "referrers": ("GET", re.compile(f"{_NAME}/referrers/(?P<what>{_DIGEST})")),
    "manifests": ("DELETE GET HEAD PUT", re.compile(rf"{_NAME}/manifests/(?P<what>\w[\w.-]{{0,127}}|{_DIGEST})")),
    "begin": ("POST", re.compile(f"{_NAME}/blobs/uploads/")),
    "uploads": ("DELETE GET HEAD PATCH PUT", re.compile(rf"{_NAME}/blobs/uploads/(?P<what>[\w.=-]+)")),
    "blobs": ("DELETE GET HEAD", re.compile(f"{_NAME}/blobs/(?P<what>{_DIGEST})")),
}
"""What can be asked for: methods and path.  The first that fits counts."""
_ACTIONS: Final = {"GET": ("pull",), "HEAD": ("pull",), "DELETE": ("delete",)}


class ModelRegistry:
    """An Answerer that is a registry, with its content in `store`."""

    def __init__(self, options: Options | None = None) -> None:
        self.store = Store()
        self._options = options or Options()
        self._manifests = Manifests(self.store, self._options)
        self._blobs = Blobs(self.store, self._options)
        self._uploads = Uploads(self.store, self._options)
        self._listings = Listings(self.store, self._options)

    async def __call__(self, asked: Asked) -> Reply:
        """Answer a request."""
        try:
            reply = await self._route(asked)
        except Refused as refused:
            reply = refused.reply
        return replace(reply, headers={"Docker-Distribution-Api-Version": "registry/2.0", **reply.headers})

    async def _route(self, asked: Asked) -> Reply:
        for route, (methods, pattern) in _ROUTES.items():
            match = pattern.fullmatch(asked.path)
            if match is None or (route == "referrers" and not self._options.referrers):
                continue
            found = match.groupdict()
            if self._options.access is not None:
                self._options.access.check(asked, list(_needs(asked, route, found.get("name", ""))))
            if asked.method not in methods.split():
                return as_text("Method not allowed\n", status=405, headers={"Allow": methods.replace(" ", ", ")})
            return await self._answer(route, asked, found)
        return as_text("404 page not found\n", status=404)

    async def _answer(self, route: str, asked: Asked, found: dict[str, str]) -> Reply:
        if route == "top":
            return Reply(200, {"Content-Type": "application/json; charset=utf-8"}, b"{}")
        answers: dict[str, Callable[..., Awaitable[Reply]]] = {
            "catalog": self._listings.catalog,
            "tags": self._listings.tags,
            "referrers": self._listings.referrers,
            "manifests": self._manifests.answer,
            "begin": self._uploads.begin,
            "uploads": self._uploads.answer,
            "blobs": self._blobs.answer,
        }
        return await answers[route](asked, *found.values())


def _needs(asked: Asked, route: str, name: str) -> Iterator[Need]:
    if route == "catalog":
        yield Need("registry", "catalog", "*")
    if name:
        for action in _ACTIONS.get(asked.method, ("pull", "push")):
            yield Need("repository", name, action)
    source = asked.query.get("from", "")
    if route == "begin" and source:
        yield Need("repository", source, "pull")
