"""Lists of a model registry: tags, repositories, referrers (OCI distribution specification, "Content Discovery")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from tests import images
from tests.model.message import Asked, Refused, Reply, as_json

if TYPE_CHECKING:
    from tests.model.options import Options
    from tests.model.store import Store, Stored

MAX_CATALOG: Final = 1000
"""Repositories that may be asked for at once."""
_CATALOG: Final = 100
"""Repositories of one page where nobody says how many."""


class Listings:
    """What can be listed."""

    def __init__(self, store: Store, options: Options) -> None:
        self._store, self._options = store, options

    async def tags(self, asked: Asked, repository: str) -> Reply:
        """List the tags of a repository."""
        held = self._store.of(repository)
        if not held.tagged:
            raise Refused(404, "NAME_UNKNOWN", "repository name not known to registry", {"name": repository})
        names = sorted(held.tags)
        headers: dict[str, str] = {}
        if self._options.page:
            names, headers = _page(asked, names, self._options.page)
        return as_json({"name": repository, "tags": names or None}, headers=headers)

    async def catalog(self, asked: Asked) -> Reply:
        """List the repositories that anything was ever put into."""
        number = asked.query.get("n", "")
        if number.isdecimal() and int(number) > MAX_CATALOG:
            detail = {"n": int(number)}
            raise Refused(400, "PAGINATION_NUMBER_INVALID", "invalid number of results requested", detail)
        most = MAX_CATALOG if number.isdecimal() else _CATALOG
        names, headers = _page(asked, sorted(self._store.repositories), most)
        return as_json({"repositories": names}, headers=headers)

    async def referrers(self, asked: Asked, repository: str, digest: str) -> Reply:
        """List what refers to a manifest, in pages that go on behind `last`."""
        if not self._options.referrers:
            raise Refused(404, "UNSUPPORTED", "the operation is unsupported")
        wanted = asked.query.get("artifactType", "")
        found = {
            name: _described(name, manifest)
            for name, manifest in self._store.of(repository).manifests.items()
            if manifest.subject == digest
        }
        names = sorted(name for name in found if not wanted or found[name].get("artifactType") == wanted)
        headers = {"OCI-Filters-Applied": "artifactType"} if wanted else {}
        if self._options.page:
            names, links = _page(asked, names, self._options.page)
            headers |= links
        listed = [found[name] for name in names]
        index = {"schemaVersion": 2, "mediaType": images.TYPES["oci"]["index"], "manifests": listed}
        return as_json(index, headers={**headers, "Content-Type": images.TYPES["oci"]["index"]})


def _described(digest: str, manifest: Stored) -> dict[str, object]:
    """Return the descriptor by which a referrer is listed."""
    tree = manifest.tree
    kind = tree.get("artifactType") or (tree.get("config") or {}).get("mediaType")
    known = {"artifactType": kind, "annotations": tree.get("annotations")}
    base = {"mediaType": manifest.media_type, "digest": digest, "size": len(manifest.body)}
    return base | {name: value for name, value in known.items() if value}


def _page(asked: Asked, names: list[str], most: int) -> tuple[list[str], dict[str, str]]:
    """Return the names that are asked for, and the Link to those behind them."""
    query = asked.query
    number = query.get("n", "")
    count = min(int(number), most) if number.isdecimal() else most
    after = [name for name in names if name > query.get("last", "")]
    if len(after) <= count or not count:
        return after[:count], {}
    kept = {name: value for name, value in query.items() if name not in {"n", "last"}}
    target = f"{asked.path}?{urlencode({'last': after[count - 1], 'n': count, **kept})}"
    return after[:count], {"Link": f'<{target}>; rel="next"'}
