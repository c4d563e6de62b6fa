"""What the client does, on docker-registry and on the model: so that what the model shows is true of a real one.

Where docker-registry 2.8 has no such thing the model is alone.  That both give the same answers to the same requests is
tests/model/test_same_answers.py's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import pytest

from regbot.registry.content import Bytes
from regbot.registry.copying.copying import copy
from regbot.registry.copying.options import CopyOptions
from regbot.registry.credentials import Login, Secret
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference
from tests import images
from tests.registry.either import (
    DATA,
    IMAGE,
    INDEX,
    LAYER,
    LOGIN,
    MANIFEST,
    NOBODYS,
    USERS,
    at,
    connected,
    plain,
    read,
    referring,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from regbot.registry.reference import Repository
    from regbot.registry.remote.remote import Remote
    from tests.asking import Asking
    from tests.registry.conftest import MakeEither

Ask: TypeAlias = "Callable[[Remote, Repository], Awaitable[object]]"


async def test_listings(either: Asking) -> None:
    """Tags and repositories are listed, and cut."""
    for tag in ("v3", "v2"):
        images.push(either, "team/app", tag, IMAGE)
    images.push(either, "base", "v1", IMAGE)
    async with connected(plain(either)) as remote:
        tags = await remote.tags(at(either).repository)
        some = await remote.tags(at(either).repository, limit=1, last="v1")
        assert (sorted(tags), some) == (["v1", "v2", "v3"], ["v2"])
        assert await remote.repositories(either.host) == ["base", "team/app"]
        assert await remote.repositories(either.host, limit=1) == ["base"]
        assert await remote.repositories(either.host, last="base") == ["team/app"]


@pytest.mark.parametrize("name", ["team/app:v1", f"team/app@{IMAGE.digest}"])
async def test_manifest(either: Asking, name: str) -> None:
    """A manifest is looked at and read, by tag and by digest."""
    async with connected(plain(either)) as remote:
        head = await remote.head(at(either, name))
        found = await remote.manifest(at(either, name))
    assert (found.body, found.descriptor, head.descriptor) == (IMAGE.manifest, MANIFEST.descriptor, MANIFEST.descriptor)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda remote, app: remote.tags(replace(app, path="team/none")), "404 NAME_UNKNOWN"),
        (lambda remote, app: remote.manifest(Reference(app, "none")), "404 MANIFEST_UNKNOWN"),
        (lambda remote, app: remote.manifest(Reference(app, digest=NOBODYS)), "404 MANIFEST_UNKNOWN"),
        (lambda remote, app: remote.head(Reference(app, "none")), "404 "),
        (lambda remote, app: remote.blob_head(app, NOBODYS), "404 "),
        (lambda remote, app: read(remote, replace(app, path="team/none")), "404 BLOB_UNKNOWN"),
        (lambda remote, app: remote.delete_manifest(Reference(app, digest=NOBODYS)), "404 MANIFEST_UNKNOWN"),
    ],
    ids=["tags", "tag", "digest", "head", "blob head", "blob", "delete"],
)
async def test_missing(either: Asking, ask: Ask, said: str) -> None:
    """What is not there has the same status and code."""
    async with connected(plain(either)) as remote:
        with pytest.raises(NotFound) as caught:
            await ask(remote, at(either).repository)
    assert f"{caught.value.status} {caught.value.code}" == said


async def test_put(either: Asking) -> None:
    """A manifest is put under a tag and under its digest, and only where all that it names is."""
    child = Manifest.read(INDEX.children[0].manifest)
    async with connected(plain(either)) as remote:
        await remote.put_manifest(at(either, "team/app:v2"), MANIFEST)
        with pytest.raises(RegistryError, match="MANIFEST_BLOB_UNKNOWN") as caught:
            await remote.put_manifest(at(either, "team/app:v3"), child)
    assert (caught.value.status, either.tags("team/app")) == (400, {"v1", "v2"})


@pytest.mark.parametrize(("most", "chunk"), [(-1, 1 << 20), (10, 64), (10, 1 << 20)])
async def test_upload(make_either: MakeEither, most: int, chunk: int) -> None:
    """A blob is put in one piece or in several, and read as it was."""
    registry = make_either()
    repository = at(registry).repository
    async with connected(replace(plain(registry), blob_max=most, blob_chunk=chunk)) as remote:
        await remote.put_blob(repository, LAYER, Bytes(DATA))
        assert await read(remote, repository) == DATA
        assert (await remote.blob_head(repository, LAYER.digest)).size == len(DATA)
        assert not await remote.has_blob(repository, NOBODYS)


@pytest.mark.parametrize("image", [IMAGE, INDEX], ids=["image", "index"])
@pytest.mark.parametrize("target", ["team/app:v2", "team/copy:v2"])
async def test_copy_within(make_either: MakeEither, image: images.Image, target: str) -> None:
    """A copy within a registry is whole."""
    registry = make_either()
    images.push(registry, "team/app", "v1", image)
    async with connected(plain(registry)) as remote:
        await copy(remote, at(registry), at(registry, target), CopyOptions())
    assert registry.digest(target.partition(":")[0], "v2") == image.digest


@pytest.mark.parametrize("image", [IMAGE, INDEX], ids=["image", "index"])
async def test_copy_across(make_either: MakeEither, image: images.Image) -> None:
    """A copy from one registry to another is whole, at both ends with a login."""
    one, other = make_either(users=USERS), make_either(users=USERS)
    images.push(one, "team/app", "v1", image)
    async with connected(replace(plain(one), login=LOGIN), replace(plain(other), login=LOGIN)) as remote:
        await copy(remote, at(one), at(other, "team/copy:v2"), CopyOptions())
    assert other.digest("team/copy", "v2") == image.digest


async def test_mount(either: Asking) -> None:
    """A blob of another repository is mounted, not read."""
    source, target = at(either).repository, at(either, "team/copy").repository
    async with connected(plain(either)) as remote:
        await remote.copy_blob(LAYER, source, target)
        assert await remote.has_blob(target, LAYER.digest)
    assert [method for method, _, _ in either.requests() if method != "HEAD"] == ["POST"]


async def test_delete(either: Asking) -> None:
    """A tag goes alone, though the registry deletes only manifests; a manifest goes with its tags."""
    images.push(either, "team/app", "v2", IMAGE)
    async with connected(plain(either)) as remote:
        await remote.delete_tag(at(either))
        left = either.tags("team/app")
        await remote.delete_manifest(at(either).at(MANIFEST.descriptor.digest))
    assert (left, either.tags("team/app")) == ({"v2"}, set())


@pytest.mark.parametrize("method", ["delete_tag", "delete_manifest"])
async def test_no_deletes(make_either: MakeEither, method: str) -> None:
    """Where nothing can be deleted everything stays."""
    registry = make_either(delete=False)
    images.push(registry, "team/app", "v1", IMAGE)
    async with connected(plain(registry)) as remote:
        with pytest.raises(RegistryError, match="UNSUPPORTED") as caught:
            await getattr(remote, method)(replace(at(registry), digest=MANIFEST.descriptor.digest))
    assert (caught.value.status, registry.digest("team/app", "v1")) == (405, IMAGE.digest)


@pytest.mark.parametrize("password", ["", "wrong"])
async def test_unknown_user(make_either: MakeEither, password: str) -> None:
    """Who is not known is told so, and has not tried twice."""
    registry = make_either(users=USERS)
    login = Login("user" if password else "", Secret(password))
    async with connected(replace(plain(registry), login=login)) as remote:
        with pytest.raises(RegistryError, match="UNAUTHORIZED") as caught:
            await remote.tags(at(registry).repository)
    assert caught.value.status == 401
    assert len(registry.requests()) <= 2


async def test_referrers(either: Asking) -> None:
    """Without the referrers API, what refers to an image is found by a tag that is kept up."""
    async with connected(plain(either)) as remote:
        assert await referring(remote, either) == ["application/x-note"]
    assert len(either.tags("team/app")) == 2
