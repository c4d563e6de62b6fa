from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from regbot.registry.digest import Digest
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference, Repository
from regbot.registry.remote.cache import BLOB_LIFE, MAX_BYTES, MAX_EPOCHS, MAX_KNOWN, Cache
from tests import images

if TYPE_CHECKING:
    from trio.testing import MockClock

ONE, OTHER = Repository("a.example", "one"), Repository("a.example", "other")
MANIFEST = Manifest.read(images.image().manifest)
DIGEST = MANIFEST.descriptor.digest
TAG = Reference(ONE, "v1")


def test_kept_by_repository() -> None:
    """What is kept of one repository is not known of another."""
    cache = Cache()
    cache.keep(ONE, DIGEST, MANIFEST)
    assert (cache.manifest(ONE, DIGEST), cache.manifest(OTHER, DIGEST)) == (MANIFEST, None)


def test_kinds_are_apart() -> None:
    """A manifest is no blob and a blob no manifest, though their digests be the same."""
    cache = Cache()
    cache.keep(ONE, DIGEST, MANIFEST)
    assert cache.content(ONE, DIGEST) is None
    cache.keep(ONE, DIGEST, b"config")
    assert (cache.content(ONE, DIGEST), cache.manifest(ONE, DIGEST)) == (b"config", None)


def test_bounded() -> None:
    """What was not looked at for longest is dropped when there is too much."""
    cache = Cache()
    first, second, third = (Digest.of(name) for name in (b"1", b"2", b"3"))
    for digest in (first, second):
        cache.keep(ONE, digest, bytes(MAX_BYTES // 2))
    cache.content(ONE, first)
    cache.keep(ONE, third, b"x")
    assert [cache.content(ONE, digest) is not None for digest in (first, second, third)] == [True, False, True]


async def test_names_are_bounded() -> None:
    """Of very many tags and blobs the last are remembered."""
    cache = Cache()
    for number in range(MAX_KNOWN + 1):
        cache.note_tag(ONE, f"t{number}", DIGEST)
    assert (cache.tag(ONE, "t0"), cache.tag(ONE, "t1")) == (None, DIGEST)


async def test_forget() -> None:
    """Forgetting a repository forgets all of it, and nothing of another."""
    cache = Cache()
    for repository in (ONE, OTHER):
        cache.keep(repository, DIGEST, MANIFEST)
        cache.note_tag(repository, "v1", DIGEST)
        cache.note_blob(repository, DIGEST)
    cache.forget(ONE)
    assert (cache.manifest(ONE, DIGEST), cache.tag(ONE, "v1"), cache.has_blob(ONE, DIGEST)) == (None, None, False)
    assert (cache.manifest(OTHER, DIGEST), cache.tag(OTHER, "v1"), cache.has_blob(OTHER, DIGEST)) == (
        MANIFEST,
        DIGEST,
        True,
    )


def test_epoch() -> None:
    """When a repository is forgotten, what was learned of it before can be told from what is learned after."""
    cache = Cache()
    before = cache.epoch(ONE), cache.epoch(OTHER)
    cache.keep(ONE, DIGEST, MANIFEST)
    assert cache.epoch(ONE) == before[0]
    cache.forget(ONE)
    assert cache.epoch(ONE) != before[0]
    assert cache.epoch(OTHER) == before[1]


def test_epochs_are_bounded() -> None:
    """Of very many repositories no one is taken for what it was before it was forgotten."""
    cache = Cache()
    before = cache.epoch(ONE)
    cache.forget(ONE)
    between = cache.epoch(ONE)
    for number in range(MAX_EPOCHS):
        cache.forget(Repository("a.example", f"r{number}"))
    assert cache.epoch(ONE) == between != before
    cache.forget(OTHER)
    assert cache.epoch(ONE) != before


@pytest.mark.parametrize("missing", [TAG, TAG.at(DIGEST)])
def test_missed(missing: Reference) -> None:
    """What should be there and is not tells that something was deleted."""
    cache = Cache()
    cache.keep(ONE, DIGEST, MANIFEST)
    cache.note_tag(ONE, "v1", DIGEST)
    cache.missed(missing)
    assert cache.manifest(ONE, DIGEST) is None


@pytest.mark.parametrize("missing", [TAG, TAG.at(Digest.of(b"another"))])
def test_never_there(missing: Reference) -> None:
    """A tag or digest that never was there tells nothing."""
    cache = Cache()
    cache.keep(ONE, DIGEST, MANIFEST)
    cache.missed(missing)
    assert cache.manifest(ONE, DIGEST) is MANIFEST


async def test_missed_blob() -> None:
    """A blob that was there and is not tells the same; one that was not, nothing."""
    cache = Cache()
    cache.keep(ONE, DIGEST, MANIFEST)
    cache.missed_blob(ONE, DIGEST)
    assert cache.manifest(ONE, DIGEST) is MANIFEST
    cache.note_blob(ONE, DIGEST)
    cache.missed_blob(ONE, DIGEST)
    assert cache.manifest(ONE, DIGEST) is None


async def test_blobs_are_believed_for_a_while(autojump_clock: MockClock) -> None:
    """A blob that was seen is taken to be there for some minutes."""
    cache = Cache()
    cache.note_blob(ONE, DIGEST)
    await trio.sleep(BLOB_LIFE - 1)
    assert cache.has_blob(ONE, DIGEST)
    await trio.sleep(2)
    assert not cache.has_blob(ONE, DIGEST)
