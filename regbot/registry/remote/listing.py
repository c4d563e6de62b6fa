"""Lists of names that registries give out in pages (OCI distribution specification, "Listing Tags")."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from regbot.registry import aside
from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.jsontext import parse_object
from regbot.registry.remote.link import MAX_HEADER, next_target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpx

    from regbot.registry.http.client import Client
    from regbot.registry.http.exchange import Answer, Request

MAX_PAGES: Final = 10_000
MAX_NAMES: Final = 500_000
"""Names, valid or not, in all pages together."""
MAX_PAGE: Final = 16 << 20
"""Bytes of one page: some registries know no pages, and give 100,000 tags at once."""
MAX_BYTES: Final = 128 << 20
"""Bytes of all pages together."""
PAGE: Final = 1000
"""Names that are asked for at once: registries refuse more."""


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a list that is wanted: *limit* names (0: all) after *last* ("": from the beginning)."""

    limit: int = 0
    last: str = ""

    @property
    def query(self) -> dict[str, str]:
        """What to ask the registry for."""
        wanted = {"n": str(min(self.limit, PAGE)) if self.limit else "", "last": self.last}
        return {name: value for name, value in wanted.items() if value}

    def ignored_by(self, page: list[str]) -> bool:
        """Say whether a page shows that the registry pays no heed to what was asked for.

        Registries sort by bytes or without case: what comes before *last* in both ways should not be there.
        """
        too_many = self.limit > 0 and len(page) > min(self.limit, PAGE)
        last = self.last
        early = last != "" and any(name <= last and name.lower() <= last.lower() for name in page)
        return too_many or early

    def cut(self, names: list[str]) -> list[str]:
        """Return what is wanted of a whole list, which is sorted for that."""
        after = sorted(name for name in set(names) if name > self.last)
        return after[: self.limit or None]


async def names(client: Client, first: Request, key: str, *, span: Span, valid: Callable[[str], bool]) -> list[str]:
    """Return the names under *key* of a list and of the pages behind it, in the registry's order where that is one.

    Names that are not *valid* are left out: they would end up in a URL one day.
    """
    found: list[str] = []
    ignored = False
    count = 0
    async for answer in Pages(client, first):
        listed = await aside.read(len(answer.body), partial(_listed, first, answer, key))
        count += len(listed)
        if count > MAX_NAMES:
            raise first.fault(RegistryError, "TOO_LARGE", "the list does not end")
        page = [name for name in listed if isinstance(name, str)]
        ignored = ignored or span.ignored_by(page)
        found += filter(valid, page)
        if span.limit and not ignored and len(found) >= span.limit:
            break
    return span.cut(found) if ignored else found[: span.limit or None]


class Pages:
    """The answer to *first*, and those to the pages behind it; RegistryError where they do not end.

    A class and not a generator: who has enough of it may simply drop it.
    """

    def __init__(self, client: Client, first: Request) -> None:
        self._client = client
        self._request: Request | None = first
        self._answer: Answer | None = None
        """The last one, without its body: where the next page is."""
        self._seen: set[httpx.URL] = set()
        self._bytes = 0

    def __aiter__(self) -> AsyncIterator[Answer]:
        return self

    async def __anext__(self) -> Answer:
        if self._request is not None and self._answer is not None:
            self._request = _next(self._client, self._request, self._answer)
        request = self._request
        if request is None:
            raise StopAsyncIteration
        if request.url in self._seen or len(self._seen) >= MAX_PAGES or self._bytes > MAX_BYTES:
            raise request.fault(RegistryError, "TOO_LARGE", "the list does not end")
        self._seen.add(request.url)
        answer = await self._client.send(request, limit=MAX_PAGE)
        self._bytes += len(answer.body)
        self._answer = replace(answer, body=b"")
        return answer


def _listed(request: Request, answer: Answer, key: str) -> list[object]:
    try:
        listed = parse_object(answer.body, "the answer").get(key)
    except Unverified as exc:
        raise request.fault(Unverified, exc.code, str(exc)) from exc
    # Some registries say null for none.
    if listed is not None and not isinstance(listed, list):
        raise request.fault(Unverified, "INVALID_JSON", f'"{key}" is no list')
    return listed or []


def _next(client: Client, request: Request, answer: Answer) -> Request | None:
    """Return the request for the page behind *answer*; RFC 8288, relation "next"."""
    header = answer.headers.get("Link", "")
    if len(header) > MAX_HEADER:
        raise request.fault(RegistryError, "TOO_LARGE", f"the Link header has more than {MAX_HEADER} characters")
    target = next_target(header)
    if not target:
        return None
    url = request.target(answer.url, target)
    # The registry picks this URL, and our credentials travel with it: to their own host or nowhere.
    if not client.is_home(request.registry, url):
        why = f"the next page is said to be at {url.raw_host.decode()}, which is not the registry"
        raise request.fault(RegistryError, "FOREIGN_LINK", why)
    return replace(request, url=url)
