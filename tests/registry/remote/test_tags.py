from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import MAX_BODY, Client
from regbot.registry.reference import Repository
from regbot.registry.remote import tags
from regbot.registry.remote.link import MAX_HEADER
from regbot.registry.remote.listing import MAX_BYTES, MAX_NAMES, MAX_PAGE
from tests import images
from tests.fake_registry import CANARY, NAME, Asked, FakeRegistry, Reply, client, host

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tests.docker_registry import DockerRegistry

REPOSITORY = Repository(NAME, "team/app")
LIST = "GET /v2/team/app/tags/list"


def page(*names: object, link: str = "") -> Reply:
    """Return a page of a listing."""
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    return Reply(200, json.dumps({"name": "team/app", "tags": list(names)}).encode(), headers)


async def ls(fake: FakeRegistry, *, limit: int = 0, last: str = "") -> list[str]:
    """List the tags."""
    return await tags.ls(client(fake, host(user="bot")), REPOSITORY, limit=limit, last=last)


async def test_order_is_kept() -> None:
    """Without limit and last the registry's own order stays."""
    fake = FakeRegistry()
    fake.on(LIST, page("b", "B", "A-1", "C", "a"))
    assert await ls(fake) == ["b", "B", "A-1", "C", "a"]


async def test_null() -> None:
    """A registry that says null for none has none."""
    fake = FakeRegistry()
    fake.on(LIST, Reply(200, b'{"name": "team/app", "tags": null}'))
    assert await ls(fake) == []


@pytest.mark.parametrize(
    "link", ["/v2/team/app/tags/list?last=b", "?last=b", f"https://{NAME}/v2/team/app/tags/list?last=b"]
)
async def test_pages(link: str) -> None:
    """Every page is followed, however its link is written."""
    fake = FakeRegistry()
    fake.on(LIST, page("a", "b", link=link), page("c"))
    assert await ls(fake) == ["a", "b", "c"]
    assert fake.lines == [LIST, f"{LIST}?last=b"]


async def test_limit_stops() -> None:
    """As soon as there are enough no further page is asked for, and none too many come back."""
    fake = FakeRegistry()
    fake.on(LIST, page("a", "b", link="?last=b&n=3"), page("c", "d", link="?last=d&n=3"))
    assert await ls(fake, limit=3) == ["a", "b", "c"]
    assert fake.lines == [f"{LIST}?n=3", f"{LIST}?last=b&n=3"]


@pytest.mark.parametrize(
    ("limit", "last", "expected"),
    [(2, "", ["A-1", "B"]), (2, "B", ["C", "a"]), (0, "a", ["b"]), (9, "b", []), (0, "A", ["A-1", "B", "C", "a", "b"])],
)
async def test_registry_that_does_not_listen(limit: int, last: str, expected: list[str]) -> None:
    """Where limit and last are ignored the list is sorted and cut here, so that they mean what they say."""
    fake = FakeRegistry()
    fake.on(LIST, page("b", "B", "A-1", "C", "a"))
    assert sorted(await ls(fake, limit=limit, last=last)) == expected


@pytest.mark.parametrize(
    "link", ["https://evil.test/v2/", f"http://{NAME}/v2/", f"https://{NAME}:8443/v2/", "//evil.test/"]
)
async def test_foreign_link(link: str) -> None:
    """A next page on another host is not asked for, with our credentials least of all."""
    fake = FakeRegistry()
    fake.on(LIST, Reply(401, headers={"WWW-Authenticate": "Basic"}), page("a", link=link))
    with pytest.raises(RegistryError):
        await ls(fake)
    assert {asked.url for asked in fake.asked} == {f"https://{NAME}/v2/team/app/tags/list"}


async def test_loop() -> None:
    """Pages that lead back to one another are an error."""
    fake = FakeRegistry()
    fake.on(LIST, page("a", link="?last=a"), page("b", link="?last=b"), page("a", link="?last=a"))
    with pytest.raises(RegistryError, match="does not end"):
        await ls(fake)


async def test_endless() -> None:
    """A list that grows for ever is given up."""
    fake = FakeRegistry()
    count = iter(range(10**9))

    def more(_: Asked) -> Reply:
        return page(*(f"t{next(count)}" for _ in range(50_000)), link=f"?last={next(count)}")

    fake.on(LIST, more)
    with pytest.raises(RegistryError, match="does not end"):
        await ls(fake)


async def test_endless_nonsense() -> None:
    """Names that are none count as well."""
    fake = FakeRegistry()
    count = iter(range(10**9))
    nonsense = json.dumps({"tags": [0] * (MAX_NAMES // 4)}).encode()
    fake.on(LIST, lambda _: Reply(200, nonsense, {"Link": f"<?last={next(count)}>; rel=next"}))
    with pytest.raises(RegistryError, match="does not end"):
        await ls(fake)
    assert len(fake.asked) == 5


async def test_endless_bytes() -> None:
    """So does what is no name at all."""
    fake = FakeRegistry()
    count = iter(range(10**9))
    nonsense = json.dumps({"tags": [], "x": "x" * (MAX_BODY - 100)}).encode()
    fake.on(LIST, lambda _: Reply(200, nonsense, {"Link": f"<?last={next(count)}>; rel=next"}))
    with pytest.raises(RegistryError, match="does not end"):
        await ls(fake)
    assert len(fake.asked) == MAX_BYTES // MAX_BODY + 1


@pytest.mark.parametrize(("more", "fault"), [(0, nullcontext()), (1, pytest.raises(Unverified, match="more than"))])
async def test_large_page(more: int, fault: AbstractContextManager[object]) -> None:
    """A registry that knows no pages may give a hundred thousand long names at once, and not much more."""
    names = [f"{number:0128}" for number in range(100_000)]
    body = json.dumps({"tags": names}).encode()
    fake = FakeRegistry()
    fake.on(LIST, Reply(200, body + b" " * (MAX_PAGE - len(body) + more)))
    with fault:
        assert await ls(fake) == names


async def test_long_link() -> None:
    """A Link header that is longer than any list needs is refused."""
    fake = FakeRegistry()
    fake.on(LIST, page("a", link="?last=" + "x" * MAX_HEADER))
    with pytest.raises(RegistryError, match="Link header") as caught:
        await ls(fake)
    assert caught.value.code == "TOO_LARGE"


async def test_invalid_tags_are_dropped() -> None:
    """What is no tag is left out: a script would put it into a URL."""
    fake = FakeRegistry()
    fake.on(LIST, page("ok", "../../evil", "a?b", "", 5, None, ["x"], "x" * 200, "fine"))
    assert await ls(fake) == ["ok", "fine"]


@pytest.mark.parametrize("body", [b"<html>login</html>", b'{"tags": "a"}', b'{"tags": {}}', b"[]"])
async def test_no_list(body: bytes) -> None:
    """An answer that is no list of tags is an error."""
    fake = FakeRegistry()
    fake.on(LIST, Reply(200, body))
    with pytest.raises(Unverified):
        await ls(fake)


async def test_last_is_quoted() -> None:
    """What a script gives as last is a value in the query and nothing else."""
    fake = FakeRegistry()
    fake.on(LIST, page())
    await ls(fake, last=f"a&n=1#{CANARY}/..")
    assert fake.lines == [f"{LIST}?last=a%26n%3D1%23{CANARY}%2F.."]


async def test_real_registry(registry: DockerRegistry) -> None:
    """docker-registry, which ignores limit and last, is cut to what was asked for."""
    for tag in ("c", "a", "b"):
        images.push(registry, "team/app", tag, images.image())
    sender = Client(Hosts([Host(registry.host, tls=Tls.DISABLED)]), user_agent="")
    repository = Repository(registry.host, "team/app")
    assert await tags.ls(sender, repository, limit=1, last="a") == ["b"]
    with pytest.raises(NotFound, match="NAME_UNKNOWN"):
        await tags.ls(sender, Repository(registry.host, "none"), limit=0, last="")
    await sender.aclose()
