from __future__ import annotations

import pytest

from regbot.registry.hosts import Host, Hosts
from regbot.registry.http.client import Client
from regbot.registry.http.retry import Retries
from regbot.registry.http.watch import Watch
from regbot.registry.reference import Repository
from regbot.registry.remote import probing
from regbot.registry.remote.probing import ABSENT, ZEROS
from tests.fake_registry import NAME, FakeRegistry, Reply, client

REPOSITORY = Repository(NAME, "team/app")
MANIFEST = f"/v2/team/app/manifests/{ZEROS}"
REFERRERS = f"/v2/team/app/referrers/{ZEROS}"


def refusal(status: int, code: str) -> Reply:
    """Return an error as the specification has it."""
    return Reply(status, b'{"errors": [{"code": "%s", "message": "no"}]}' % code.encode())


@pytest.mark.parametrize(
    ("reply", "has"),
    [
        (Reply(202), True),
        (refusal(404, "MANIFEST_UNKNOWN"), True),
        (refusal(404, "NAME_UNKNOWN"), True),
        (refusal(400, "NAME_UNKNOWN"), True),
        (Reply(405), False),
        (refusal(405, "UNSUPPORTED"), False),
        (refusal(400, "UNSUPPORTED"), False),
        (refusal(404, "UNSUPPORTED"), False),
        (Reply(404, b"page not found"), None),
        (refusal(403, "DENIED"), None),
        (refusal(401, "UNAUTHORIZED"), None),
        (refusal(400, "DIGEST_INVALID"), None),
    ],
)
async def test_deletes(reply: Reply, has: bool | None) -> None:  # noqa: FBT001 -- what is expected
    """Of the answer to a DELETE only what tells is believed."""
    fake = FakeRegistry()
    fake.on(f"DELETE {MANIFEST}", reply)
    assert (await probing.deletes(client(fake), REPOSITORY)).has is has


@pytest.mark.parametrize(
    ("reply", "has"),
    [
        (Reply(200, b"{}", {"Content-Type": "application/vnd.oci.image.index.v1+json"}), True),
        (Reply(200, b"<html>", {"Content-Type": "text/html"}), False),
        (Reply(404, b"page not found"), False),
        (refusal(404, "NAME_UNKNOWN"), None),
        (refusal(403, "DENIED"), None),
    ],
)
async def test_referrers(reply: Reply, has: bool | None) -> None:  # noqa: FBT001 -- what is expected
    """A registry without the API does not know the path; one that does not know the repository tells nothing."""
    fake = FakeRegistry()
    fake.on(f"GET {REFERRERS}", reply)
    assert (await probing.has_referrers(client(fake), REPOSITORY)).has is has


@pytest.mark.parametrize(
    ("prefix", "listed", "path"),
    [("", '["a/b"]', "a/b"), ("", "null", ABSENT), ("a", '["a/b"]', "b"), ("c", '["a/b"]', ABSENT)],
)
async def test_some_repository(prefix: str, listed: str, path: str) -> None:
    """A repository that the registry names is asked, if it is below the prefix."""
    fake = FakeRegistry()
    fake.on("GET /v2/_catalog", Reply(200, f'{{"repositories": {listed}}}'.encode()))
    sender = Client(Hosts([Host(NAME, path_prefix=prefix)]), user_agent="", connect=fake)
    assert await probing.some_repository(sender, NAME) == Repository(NAME, path)


async def test_no_catalog() -> None:
    """A registry that lists no repositories is asked about one that is not there."""
    fake = FakeRegistry()
    fake.on("GET /v2/_catalog", refusal(401, "UNAUTHORIZED"))
    assert (await probing.some_repository(client(fake), NAME)).path == ABSENT


async def test_quota_of_docker_hub() -> None:
    """Docker Hub is asked by a HEAD, in the repository that it has for that."""
    fake = FakeRegistry()
    watch = Watch(fake)
    limits = {"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "76;w=21600"}
    fake.on("HEAD /v2/ratelimitpreview/test/manifests/latest", Reply(200, b"", limits))
    sender = Client(Hosts(), user_agent="", connect=watch.connect, retries=Retries(tries=1))
    await probing.look_at_quota(sender, Repository("docker.io", ABSENT))
    assert (watch.rate_limit.remain, watch.rate_limit.limit, len(fake.asked)) == (76, 100, 1)


async def test_watch_is_of_the_registry() -> None:
    """What is elsewhere is not looked at, and its answers are not taken for the registry's."""
    fake = FakeRegistry()
    watch = Watch(fake)
    assert watch.connect(Host(NAME), elsewhere=True) is fake
    assert watch.connect(Host(NAME), elsewhere=False) is not fake
