"""What docker-registry 2.8 has not, or does in another way: on the model alone."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from regbot.registry.copying.copying import copy
from regbot.registry.copying.options import CopyOptions
from tests import images
from tests.model.access import Basic, Bearer
from tests.model.options import Options
from tests.model.registry import ModelRegistry
from tests.model.tokens import Rules, TokenService
from tests.registry.either import DATA, IMAGE, LOGIN, USERS, Serve, at, connected, plain, read, referring


async def test_referrers_api(serve: Serve) -> None:
    """With the API no tag is needed."""
    registry = serve(ModelRegistry(Options(referrers=True, page=1)))
    images.push(registry, "team/app", "v1", IMAGE)
    async with connected(plain(registry)) as remote:
        assert await referring(remote, registry) == ["application/x-note"]
    assert registry.tags("team/app") == {"v1"}


async def test_tag_deletes(serve: Serve) -> None:
    """A registry that deletes tags is asked to, and that is all."""
    registry = serve(ModelRegistry(Options(tag_deletes=True)))
    images.push(registry, "team/app", "v1", IMAGE)
    async with connected(plain(registry)) as remote:
        await remote.delete_tag(at(registry))
    assert [(method, status) for method, _, status in registry.requests()] == [("DELETE", 202)]


@pytest.mark.parametrize(
    "options",
    [
        Options(relative=True),
        Options(stateful=False),
        Options(digest_header=False),
        Options(single_put=False),
        Options(chunk_min=1000, single_put=False),
        Options(mounts=False),
        Options(page=1),
    ],
    ids=["relative", "stateless", "no digests", "no single put", "large chunks", "no mounts", "pages"],
)
async def test_odd_registries(serve: Serve, options: Options) -> None:
    """A copy to another repository comes out the same at registries of all kinds."""
    model = ModelRegistry(options)
    model.store.add("team/app", "v1", IMAGE)
    registry = serve(model)
    async with connected(replace(plain(registry), blob_chunk=100)) as remote:
        await copy(remote, at(registry), at(registry, "team/copy:v2"), CopyOptions())
        assert await remote.tags(at(registry, "team/copy").repository) == ["v2"]
        assert await read(remote, at(registry, "team/copy").repository) == DATA
    assert (model.store.broken(), model.store.uploads) == ({}, {})


async def test_blobs_elsewhere(serve: Serve) -> None:
    """A blob that is kept on another host is read there, without our login."""
    kept = ModelRegistry()
    kept.store.add("team/app", "v1", IMAGE)
    storage = serve(kept)
    model = ModelRegistry(Options(blobs_at=storage.host, access=Basic(USERS)))
    model.store.add("team/app", "v1", IMAGE)
    registry = serve(model)
    async with connected(replace(plain(registry), login=LOGIN)) as remote:
        assert await read(remote, at(registry).repository) == DATA
    assert len(storage.requests()) == 1


@pytest.mark.parametrize("post", [True, False])
async def test_tokens(serve: Serve, *, post: bool) -> None:
    """A token service is asked for what is needed, once for each repository and action."""
    tokens = TokenService(Rules(users=USERS, post=post), now=time.monotonic)
    service = serve(tokens)
    model = ModelRegistry(Options(access=Bearer(f"{service.url}/token", tokens)))
    model.store.add("team/app", "v1", IMAGE)
    registry = serve(model)
    async with connected(replace(plain(registry), login=LOGIN)) as remote:
        await copy(remote, at(registry), at(registry, "team/copy:v2"), CopyOptions())
        await remote.tags(at(registry).repository)
    assert model.store.tags == dict.fromkeys(("team/app:v1", "team/copy:v2"), IMAGE.digest)
    assert 0 < len([status for _, _, status in service.requests() if status == 200]) <= 4
