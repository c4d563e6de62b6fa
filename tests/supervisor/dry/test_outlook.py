from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.copying.copying import copy
from regbot.registry.errors import NotFound
from tests import images
from tests.copies import PLAIN, named
from tests.supervisor.overlays import at, dry

if TYPE_CHECKING:
    from tests.docker_registry import DockerRegistry

IMAGE = images.image(layers=[b"one", b"two"])
OTHER = images.image(layers=[b"other"])


async def test_planned_head(registry: DockerRegistry) -> None:
    """A manifest that would be there costs no request, and has no quota."""
    images.push(registry, "team/app", "v1", IMAGE)
    target = named(registry, "team/copy:v1")
    async with dry(registry) as overlay:
        await copy(overlay, named(registry), target, PLAIN)
        asked = len(registry.requests())
        head, manifest = await overlay.head(target, origin=True), await overlay.manifest(target, origin=True)
    assert len(registry.requests()) == asked
    assert str(head.descriptor.digest) == str(manifest.descriptor.digest) == IMAGE.digest
    assert not head.rate_limit.known


async def test_repositories(registry: DockerRegistry) -> None:
    """Repositories that would be are listed among those that are, each once."""
    images.push(registry, "team/app", "v1", IMAGE)
    async with dry(registry) as overlay:
        before = await overlay.repositories(registry.host)
        for name in ("team/app:v2", "a/b:v1", "z/y:v1"):
            await copy(overlay, named(registry), named(registry, name), PLAIN)
        assert before == ["team/app"]
        assert await overlay.repositories(registry.host) == ["a/b", "team/app", "z/y"]
        assert await overlay.repositories(registry.host, limit=1, last="a/b") == ["team/app"]


async def test_tags(registry: DockerRegistry) -> None:
    """Tags that would be are listed among those that are, and what is deleted is not."""
    for tag in ("b", "d"):
        images.push(registry, "team/app", tag, IMAGE)
    source = named(registry, "team/app:b")
    async with dry(registry) as overlay:
        for tag in ("a", "c", "e"):
            await copy(overlay, source, source.tagged(tag), PLAIN)
        await overlay.delete_tag(source.tagged("d"))
        await overlay.delete_tag(source.tagged("e"))
        assert await overlay.tags(source.repository) == ["a", "b", "c"]
        assert await overlay.tags(source.repository, limit=1, last="a") == ["b"]
        with pytest.raises(NotFound, match="deleted earlier"):
            await overlay.manifest(source.tagged("d"))


async def test_tags_of_a_new_repository(registry: DockerRegistry) -> None:
    """A repository that would be new has the tags that it would get; before, it is not there."""
    images.push(registry, "team/app", "v1", IMAGE)
    target = named(registry, "team/new:v1")
    async with dry(registry) as overlay:
        with pytest.raises(NotFound):
            await overlay.tags(target.repository)
        await copy(overlay, named(registry), target, PLAIN)
        assert await overlay.tags(target.repository) == ["v1"]


async def test_tags_of_a_deleted_manifest(registry: DockerRegistry) -> None:
    """A manifest takes its real tags with it, even if it comes back; each is looked at once."""
    for tag, image in (("a", IMAGE), ("b", IMAGE), ("c", OTHER)):
        images.push(registry, "team/app", tag, image)
    source = named(registry, "team/app:a")
    async with dry(registry) as overlay:
        manifest = await overlay.manifest(source)
        await overlay.delete_manifest(at(source, IMAGE))
        for read in (overlay.head, overlay.manifest):
            with pytest.raises(NotFound, match="deleted earlier"):
                await read(source)
            with pytest.raises(NotFound, match="deleted earlier"):
                await read(at(source, IMAGE))
        assert await overlay.tags(source.repository) == ["c"]
        await overlay.put_manifest(source.tagged("d"), manifest)
        asked = len(registry.requests())
        assert await overlay.tags(source.repository) == ["c", "d"]
    assert len(registry.requests()) == asked + 1


async def test_tag_that_points_nowhere(registry: DockerRegistry) -> None:
    """A real tag whose manifest is gone stays listed after a deletion elsewhere."""
    for tag, image in (("a", IMAGE), ("c", OTHER)):
        images.push(registry, "team/app", tag, image)
    store = registry.folder / "store/docker/registry/v2/repositories/team/app/_manifests/revisions/sha256"
    (store / OTHER.digest.removeprefix("sha256:") / "link").unlink()
    source = named(registry, "team/app:a")
    async with dry(registry) as overlay:
        await overlay.delete_manifest(at(source, IMAGE))
        assert await overlay.tags(source.repository) == ["c"]
