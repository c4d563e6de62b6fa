from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.registry import images as whole
from regbot.registry.content import Bytes
from regbot.registry.copying.copying import copy
from regbot.registry.copying.options import CopyOptions
from regbot.registry.credentials import Login, Secret
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.http.retry import Retries
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference
from regbot.registry.remote.mirrors import REST
from regbot.registry.remote.remote import Remote
from tests import images
from tests.fake_registry import CANARY, Listener
from tests.model.access import Basic
from tests.model.message import Reply
from tests.model.options import Options
from tests.model.registry import ModelRegistry
from tests.model.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from trio.testing import MockClock

    from tests.conftest import MakeRegistry
    from tests.model.message import Asked

HERE, MIRROR, AWAY = "registry.test", "mirror.test", "away.test"
IMAGE: Final = images.image(layers=[b"one", bytes(300_000)])
MANIFEST: Final = Manifest.read(IMAGE.manifest)
CONFIG, LAYER = MANIFEST.blobs[0], MANIFEST.blobs[1]
TAG: Final = Reference.parse(f"{HERE}/team/app:v1")
PINNED: Final = TAG.at(MANIFEST.descriptor.digest)
TARGET: Final = Reference.parse(f"{AWAY}/team/copy:v1")


@dataclass
class Places:
    """Three registries in memory: the registry itself, its mirror, and another; and what was asked of them."""

    here: ModelRegistry = field(default_factory=ModelRegistry)
    mirror: ModelRegistry = field(default_factory=ModelRegistry)
    away: ModelRegistry = field(default_factory=ModelRegistry)
    logins: dict[str, Login] = field(default_factory=dict)
    heard: Listener = field(default_factory=Listener)
    asked: list[str] = field(default_factory=list)
    said: dict[str, set[str]] = field(default_factory=dict)
    """Registry to everything that was said to it of who we are."""
    wrong: dict[str, Reply] = field(default_factory=dict)
    """Registry and path to an answer to give instead."""

    def __post_init__(self) -> None:
        for registry in (self.here, self.mirror):
            registry.store.add("team/app", "v1", IMAGE)

    @asynccontextmanager
    async def reached(self) -> AsyncIterator[Remote]:
        """Give a Remote that reaches these three."""
        hosts = [Host(name, tls=Tls.DISABLED, login=self.logins.get(name, Login())) for name in (MIRROR, AWAY)]
        hosts.append(Host(HERE, tls=Tls.DISABLED, login=self.logins.get(HERE, Login()), mirrors=(MIRROR,)))
        async with trio.open_nursery() as nursery:
            world = World(nursery, {HERE: self._answer, MIRROR: self._answer, AWAY: self._answer})
            sender = Client(
                Hosts(hosts), user_agent="", connect=world.connect, retries=Retries(first=0.0), observer=self.heard
            )
            yield Remote(sender, self.heard)
            await sender.aclose()
            nursery.cancel_scope.cancel()

    async def _answer(self, asked: Asked) -> Reply:
        self.asked.append(f"{asked.method} {asked.host}")
        self.said.setdefault(asked.host, set()).add(asked.headers.get("authorization", ""))
        wrong = self.wrong.get(f"{asked.host}{asked.path}")
        models = {HERE: self.here, MIRROR: self.mirror, AWAY: self.away}
        return wrong or await models[asked.host](asked)


async def read(remote: Remote, descriptor: Descriptor) -> bytes:
    """Return a blob."""
    async with remote.blob(TAG.repository, descriptor) as data:
        return b"".join([piece async for piece in data])


async def test_what_a_mirror_answers() -> None:
    """Manifests and blobs, and looks at them, come from the mirror, and the registry itself is not asked."""
    places = Places()
    async with places.reached() as remote:
        assert (await remote.head(TAG)).descriptor.digest == MANIFEST.descriptor.digest
        assert await remote.manifest(TAG) == MANIFEST
        assert [await read(remote, each) for each in (CONFIG, LAYER)] == list(IMAGE.blobs.values())[:2]
        assert (await remote.blob_head(TAG.repository, LAYER.digest)).size == LAYER.size
    assert {line.split()[1] for line in places.asked} == {MIRROR}


async def test_what_a_mirror_is_not_asked() -> None:
    """Lists, what a write depends on, and writes are a matter of the registry itself."""
    places = Places(here=ModelRegistry(Options(referrers=True, tag_deletes=True)))
    async with places.reached() as remote:
        await remote.tags(TAG.repository)
        await remote.repositories(HERE)
        await remote.referrers(PINNED)
        await remote.has_blob(TAG.repository, LAYER.digest)
        await remote.head(TAG, origin=True)
        await remote.manifest(TAG, origin=True)
        await remote.put_blob(TAG.repository, replace(LAYER, digest=Digest.of(b"x"), size=1), Bytes(b"x"))
        await remote.put_manifest(TAG.tagged("v2"), MANIFEST)
        await remote.delete_tag(TAG.tagged("v2"))
        await remote.delete_manifest(PINNED)
    assert {line.split()[1] for line in places.asked} == {HERE}


async def test_old_tag_of_a_mirror() -> None:
    """What a mirror says of a tag is never taken for what the registry itself says."""
    places, newer = Places(), images.image(layers=[b"newer"])
    places.here.store.add("team/app", "v1", newer)
    async with places.reached() as remote:
        assert str((await remote.manifest(TAG)).descriptor.digest) == IMAGE.digest
        assert str((await remote.manifest(TAG, origin=True)).descriptor.digest) == newer.digest
        assert str((await remote.head(TAG, origin=True)).descriptor.digest) == newer.digest


@pytest.mark.parametrize(
    "wrong", [Reply(200, {"Content-Type": IMAGE.media_type}, IMAGE.manifest + b" "), Reply(200, {}, b"{}"), Reply(500)]
)
async def test_lying_mirror(wrong: Reply) -> None:
    """A manifest that has not its digest comes from the next place, and an operator can see why."""
    places = Places(wrong={f"{MIRROR}/v2/team/app/manifests/{IMAGE.digest}": wrong})
    async with places.reached() as remote:
        assert await remote.manifest(PINNED) == MANIFEST
    assert places.asked == [f"GET {MIRROR}", f"GET {HERE}"]
    assert [text.startswith(f"{MIRROR} does not help as a mirror: GET ") for text in places.heard.debugged] == [True]


@pytest.mark.parametrize("lying", [CONFIG, LAYER], ids=["small", "large"])
async def test_copy_from_a_lying_mirror(lying: Descriptor) -> None:
    """Whatever a mirror makes of a blob, the target gets what it should, and nothing is left over there."""
    places = Places(wrong={f"{MIRROR}/v2/team/app/blobs/{lying.digest}": Reply(200, {}, bytes(lying.size))})
    async with places.reached() as remote:
        await copy(remote, TAG, TARGET, CopyOptions())
    assert places.away.store.tags == {"team/copy:v1": IMAGE.digest}
    assert (places.away.store.broken(), places.away.store.uploads) == ({}, {})


async def test_large_blob_of_a_lying_mirror() -> None:
    """What was read of a lying mirror cannot be taken back, but the end is an error, and the next try is elsewhere."""
    data = hashlib.shake_128().digest(3 << 20)
    large = Descriptor("", Digest.of(data), len(data))
    places = Places(wrong={f"{MIRROR}/v2/team/app/blobs/{large.digest}": Reply(200, {}, bytes(large.size))})
    places.here.store.of("team/app").blobs[str(large.digest)] = data
    async with places.reached() as remote:
        with pytest.raises(Unverified):
            await read(remote, large)
        assert await read(remote, large) == data


async def test_mirror_without_the_blobs() -> None:
    """A mirror that lacks the blobs of what is copied costs a question for each, and no more."""
    places = Places()
    places.mirror.store.of("team/app").blobs.clear()
    async with places.reached() as remote:
        await copy(remote, TAG, TARGET, CopyOptions())
    assert places.away.store.broken() == {}
    assert places.asked.count(f"GET {MIRROR}") == len(IMAGE.blobs)


async def test_mirror_that_is_down(autojump_clock: MockClock) -> None:
    """A mirror that does not answer is asked once a minute, and never twice for one thing."""
    places = Places(wrong={f"{MIRROR}/v2/team/app/manifests/v1": Reply(503)})
    async with places.reached() as remote:
        for _ in range(3):
            await remote.head(TAG)
        await trio.sleep(REST)
        await remote.head(TAG)
    assert places.asked.count(f"HEAD {MIRROR}") == 2


async def test_each_its_own_login() -> None:
    """A mirror is told its own login and never that of the registry, and the other way round."""
    open_ = {name: Options(access=Basic({f"bot-{name}": CANARY + name})) for name in (HERE, MIRROR)}
    places = Places(
        here=ModelRegistry(open_[HERE]),
        mirror=ModelRegistry(open_[MIRROR]),
        logins={name: Login(f"bot-{name}", Secret(CANARY + name)) for name in (HERE, MIRROR)},
    )
    async with places.reached() as remote:
        await remote.manifest(TAG)
        await remote.manifest(TAG, origin=True)
    said = {name: {text for text in places.said[name] if text} for name in (HERE, MIRROR)}
    assert [len(each) for each in said.values()] == [1, 1]
    assert said[HERE].isdisjoint(said[MIRROR])


async def test_login_of_the_registry_is_not_lent() -> None:
    """A mirror that wants a login, and has none of its own, is not told that of the registry; no error tells it."""
    places = Places(
        mirror=ModelRegistry(Options(access=Basic({"bot": CANARY}))), logins={HERE: Login("bot", Secret(CANARY))}
    )
    places.here.store.repositories.clear()
    async with places.reached() as remote:
        with pytest.raises(RegistryError) as caught:
            await remote.manifest(TAG)
    assert places.said[MIRROR] == {""}
    assert (caught.value.registry, CANARY in str(caught.value)) == (HERE, False)
    assert CANARY not in " ".join(places.heard.debugged)


async def test_second_config_through_a_mirror() -> None:
    """What came from a mirror is kept like anything else: the second time costs one HEAD there."""
    places = Places()
    async with places.reached() as remote:
        for _ in range(2):
            await whole.config(remote, TAG, None)
    assert places.asked == [f"GET {MIRROR}"] * 2 + [f"HEAD {MIRROR}"]


async def test_pull_through(make_registry: MakeRegistry) -> None:
    """A real pull-through mirror gives what is read; what it no longer can, the registry itself does."""
    here = make_registry()
    mirror = make_registry(origin=here.url)
    for tag in ("v1", "v2"):
        images.push(here, "team/app", tag, images.image(layers=[tag.encode()]))
    mirrored = Host(here.host, tls=Tls.DISABLED, mirrors=(mirror.host,))
    remote = Remote(Client(Hosts([mirrored, Host(mirror.host, tls=Tls.DISABLED)]), user_agent=""))
    first = await whole.config(remote, Reference.parse(f"{here.host}/team/app:v1"), None)
    through = mirror.requests()
    mirror.stop()
    second = await whole.config(remote, Reference.parse(f"{here.host}/team/app:v2"), None)
    await remote.aclose()
    assert [str(each[0].descriptor.digest) for each in (first, second)] == [
        here.digest("team/app", tag) for tag in ("v1", "v2")
    ]
    assert [(method, status) for method, _, status in through] == [("GET", 200)] * 2
