"""Writes as they are noted: what, where, and what was there before."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from regbot.registry.content import Bytes
from regbot.registry.copying.copying import copy
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.registries import Registries
from regbot.supervisor.audit.recorded import Recorded
from regbot.supervisor.dry.overlay import Overlay
from regbot.supervisor.dry.plan import Plan
from tests.copies import PLAIN, counts, named
from tests.images import image, push
from tests.supervisor.scripts import plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from regbot.registry.manifest import Head
    from regbot.registry.reference import Reference
    from regbot.supervisor.audit.change import Change
    from tests.docker_registry import DockerRegistry

OLD, NEW = (image(labels={"age": age}, layers=[age.encode()]) for age in ("old", "new"))


@asynccontextmanager
async def recorded(registry: DockerRegistry, changes: list[Change], *, look: bool = False) -> AsyncIterator[Recorded]:
    """Give a registry whose writes go to a list; it has the tag v1 of two images, and other:v1."""
    push(registry, "team/app", "v1", OLD)
    push(registry, "other", "v1", NEW)
    async with Registries(plain(registry.host), user_agent="test") as real:
        yield Recorded(real, changes.append, look=look)


async def test_a_copy_notes_what_it_wrote(registry: DockerRegistry) -> None:
    """A copy notes blobs and manifest, and the digest that its target had, which it asks for anyway."""
    changes: list[Change] = []
    source, target = named(registry, "other:v1"), named(registry)
    async with recorded(registry, changes) as through:
        await copy(through, source, target, PLAIN)
    *blobs, last = changes
    assert {(each.what, each.target, each.digest) for each in blobs} <= {
        ("put blob", f"{registry.host}/team/app", digest) for digest in NEW.blobs
    }
    assert (last.what, last.target, last.digest, last.before) == ("put manifest", str(target), NEW.digest, OLD.digest)
    assert last.size == len(NEW.manifest)


async def test_what_is_there_is_no_write(registry: DockerRegistry) -> None:
    """A copy that finds all of it at its target notes nothing; nor does a blob that is known to be there."""
    changes: list[Change] = []
    data = Descriptor("", Digest.of(b"data"), 4)
    async with recorded(registry, changes) as through:
        await copy(through, named(registry), named(registry), PLAIN)
        assert changes == []
        for _ in range(2):
            await through.put_blob(named(registry).repository, data, Bytes(b"data"))
    assert [change.what for change in changes] == ["put blob"]


async def test_a_write_that_fails_is_noted_nowhere(registry: DockerRegistry) -> None:
    """A tag that is not there cannot be deleted, and a manifest without its blobs is not put."""
    changes: list[Change] = []
    async with recorded(registry, changes) as through:
        manifest = await through.manifest(named(registry))
        with pytest.raises(NotFound):
            await through.delete_tag(named(registry, "team/app:none"))
        with pytest.raises(RegistryError):
            await through.put_manifest(named(registry, "empty:v1"), manifest)
    assert changes == []


async def test_deletions_name_what_was_deleted(registry: DockerRegistry) -> None:
    """A manifest by its digest; of a tag the digest that it had, where that became known."""
    changes: list[Change] = []
    tag, by_digest = named(registry), named(registry, "other:v1").at(Digest.parse(NEW.digest))
    async with recorded(registry, changes) as through:
        await through.delete_tag(tag)
        await through.delete_manifest(by_digest)
    assert [(change.what, change.target, change.digest) for change in changes] == [
        ("delete tag", str(tag), OLD.digest),
        ("delete manifest", str(by_digest), NEW.digest),
    ]
    assert all(change.deletes for change in changes)


@pytest.mark.parametrize("look", [False, True])
async def test_who_looks_asks_once(registry: DockerRegistry, look: bool) -> None:  # noqa: FBT001 -- a column of the table
    """A tag of which nothing is known is looked at only where that is wanted, by one HEAD; the run's own are known."""
    changes: list[Change] = []
    async with recorded(registry, changes, look=look) as through:
        new = await through.manifest(named(registry, "other:v1").at(Digest.parse(NEW.digest)))
        await through.put_manifest(named(registry, "other:v2"), new)
        await through.put_manifest(named(registry, "other:v2"), new)
        await through.put_manifest(named(registry, "other:v1"), new)
    assert [change.before for change in changes] == ["", NEW.digest, NEW.digest if look else ""]
    assert counts(registry).get("HEAD manifests", 0) == (2 if look else 0)


async def test_a_registry_that_shows_nothing_can_be_written_to(registry: DockerRegistry) -> None:
    """Where looking fails the write is made all the same."""

    class Blind(Registries):
        async def head(self, reference: Reference, *, origin: bool = False) -> Head:  # noqa: ARG002 -- as there
            raise RegistryError("no", status=403, code="DENIED")

    changes: list[Change] = []
    push(registry, "team/app", "v1", OLD)
    async with Blind(plain(registry.host), user_agent="test") as real:
        through = Recorded(real, changes.append, look=True)
        await through.put_manifest(named(registry, "team/app:v2"), await through.manifest(named(registry)))
    assert [change.before for change in changes] == [""]


async def test_a_deleted_manifest_leaves_no_tag_behind(registry: DockerRegistry) -> None:
    """What pointed at a deleted manifest points nowhere afterwards; a tag that is set anew does."""
    changes: list[Change] = []
    async with recorded(registry, changes) as through:
        old = await through.manifest(named(registry))
        await through.delete_manifest(named(registry).at(old.descriptor.digest))
        await through.put_manifest(named(registry), old)
        await through.put_manifest(named(registry), old)
    assert [change.before for change in changes[1:]] == ["", OLD.digest]


async def test_a_dry_run_notes_the_same(registry: DockerRegistry) -> None:
    """Script by script, what a dry run notes is what the run in earnest then writes."""

    async def work(through: Recorded) -> None:
        await copy(through, named(registry, "other:v1"), named(registry), PLAIN)
        await copy(through, named(registry, "other:v1"), named(registry, "copy:v1"), PLAIN)
        await through.delete_tag(named(registry, "other:v1"))

    planned: list[Change] = []
    made: list[Change] = []
    async with recorded(registry, made, look=True) as real:
        async with Registries(plain(registry.host), read_only=True, user_agent="test") as below:
            await work(Recorded(Overlay(below, Plan()), planned.append, look=True))
        await work(real)
    assert sorted(map(str, planned)) == sorted(map(str, made))
    assert len(made) > 3


async def test_everything_else_is_passed_on(registry: DockerRegistry) -> None:
    """What only reads answers as the registry does."""
    async with recorded(registry, []) as through:
        repository, blob = named(registry).repository, Digest.parse(next(iter(OLD.blobs)))
        found = await through.blob_head(repository, blob)
        async with through.blob(repository, found) as data:
            content = b"".join([piece async for piece in data])
        assert content == OLD.blobs[str(blob)]
        assert await through.has_blob(repository, blob)
        assert await through.tags(repository) == ["v1"]
        assert await through.repositories(registry.host) == ["other", "team/app"]
        assert await through.referrers(named(registry).at(Digest.parse(OLD.digest))) == []
        with pytest.raises(NotFound):
            await through.manifest(named(registry, "team/app:none"))
