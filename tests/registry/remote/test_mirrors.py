from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.hosts import Host
from regbot.registry.reference import Repository
from regbot.registry.remote.mirrors import REST, Mirrors
from tests.fake_registry import NAME, FakeRegistry, Listener, client

if TYPE_CHECKING:
    from trio.testing import MockClock

    from regbot.registry.remote.mirrors import Places

REPOSITORY: Final = Repository(NAME, "team/app")
ONE, OTHER = "one.test", "other.test"
GONE = NotFound("not there", status=404)
DOWN = RegistryError("unavailable", status=503, temporary=True)


def mirrors(*priorities: int, own: int = 0, listener: Listener | None = None) -> Mirrors:
    """Return the mirrors of a registry of priority *own*; theirs are *priorities*."""
    others = [Host(f"m{place}.test", priority=priority) for place, priority in enumerate(priorities)]
    here = Host(NAME, mirrors=tuple(host.name for host in others), priority=own)
    return Mirrors(client(FakeRegistry(), here, *others), listener or Listener())


class Work:
    """Does what each registry does, and keeps who was asked."""

    def __init__(self, **answers: RegistryError) -> None:
        self.asked: list[str] = []
        self._answers = {name.replace("_", "."): answer for name, answer in answers.items()}

    async def __call__(self, places: Places) -> str:
        """Answer, or raise what the registry says."""
        name = places.current.registry
        self.asked.append(name)
        await trio.lowlevel.checkpoint()
        if name in self._answers:
            raise self._answers[name]
        return name


@pytest.mark.parametrize(
    ("priorities", "own", "order"),
    [
        ([], 0, [NAME]),
        ([0, 0], 0, ["m0.test", "m1.test", NAME]),
        ([1, 3, 2], 0, ["m1.test", "m2.test", "m0.test", NAME]),
        ([1, 3, 2], 2, ["m1.test", "m2.test", NAME, "m0.test"]),
        ([-1], 0, [NAME, "m0.test"]),
    ],
)
async def test_order(priorities: list[int], own: int, order: list[str]) -> None:
    """The highest priority comes first, at the same priority the registry itself last."""
    places = mirrors(*priorities, own=own).places(REPOSITORY)
    found = [places.current.registry]
    while places.go_on(DOWN):
        found.append(places.current.registry)
    assert found == order


async def test_named_twice() -> None:
    """A mirror that is named twice is one, and a registry is no mirror of itself."""
    here = Host(NAME, mirrors=(ONE, NAME, ONE))
    places = Mirrors(client(FakeRegistry(), here), Listener()).places(REPOSITORY)
    assert (places.current.registry, places.go_on(GONE)) == (ONE, True)
    assert (places.current.registry, places.go_on(DOWN)) == (NAME, False)


async def test_first_that_helps() -> None:
    """Whoever has it ends the search, and learns whether more than one try is his."""
    work = Work(m0_test=GONE)
    assert await mirrors(0, 0).ask(REPOSITORY, work) == "m1.test"
    assert work.asked == ["m0.test", "m1.test"]


async def test_mirrors_of_mirrors_are_not_asked() -> None:
    """A mirror's own mirrors are none of ours."""
    here, mirror = Host(NAME, mirrors=(ONE,)), Host(ONE, mirrors=(OTHER,))
    work = Work(one_test=GONE)
    assert await Mirrors(client(FakeRegistry(), here, mirror), Listener()).ask(REPOSITORY, work) == NAME


async def test_origin() -> None:
    """Where a write depends on the answer, only the registry itself is asked."""
    work = Work()
    assert await mirrors(5).ask(REPOSITORY, work, origin=True) == NAME
    assert work.asked == [NAME]


@pytest.mark.parametrize(
    "failure",
    [GONE, DOWN, RegistryError("denied", status=401), Unverified("lies"), RegistryError("no registry", code="CONFIG")],
)
async def test_any_failure_of_a_mirror(failure: RegistryError) -> None:
    """Whatever is wrong with a mirror, the next place is asked, and an operator can see why."""
    listener = Listener()
    assert await mirrors(1, listener=listener).ask(REPOSITORY, Work(m0_test=failure)) == NAME
    assert listener.debugged == [f"m0.test does not help as a mirror: {failure}"]


async def test_error_is_of_the_registry_itself() -> None:
    """If nobody helps, what the registry itself said counts, though a mirror was asked later."""
    work = Work(registry_test=RegistryError("mine", status=401), m0_test=DOWN)
    with pytest.raises(RegistryError, match="mine"):
        await mirrors(-1).ask(REPOSITORY, work)
    assert work.asked == [NAME, "m0.test"]


async def test_what_the_registry_itself_does_not_have() -> None:
    """What the registry itself says is not there is not, whatever a mirror behind it may still have."""
    work = Work(registry_test=GONE)
    with pytest.raises(NotFound):
        await mirrors(-1).ask(REPOSITORY, work)
    assert work.asked == [NAME]


@pytest.mark.parametrize(
    ("failure", "rests"),
    [(DOWN, True), (Unverified("lies"), True), (GONE, False), (RegistryError("", status=401), False)],
)
async def test_rest(failure: RegistryError, autojump_clock: MockClock, *, rests: bool) -> None:
    """A mirror in trouble is left alone for a minute; one that only lacks something is not."""
    known, work = mirrors(0), Work(m0_test=failure)
    for pause in (0.0, REST - 1, 1.0):
        await trio.sleep(pause)
        await known.ask(REPOSITORY, work)
    assert work.asked == ["m0.test", NAME] + ([NAME] if rests else ["m0.test", NAME]) + ["m0.test", NAME]


async def test_after_the_last_place() -> None:
    """Whoever tries on when nobody helped tries at the registry itself."""
    places = mirrors(-1).places(REPOSITORY)
    assert (places.go_on(DOWN), places.at_mirror) == (True, True)
    assert (places.go_on(DOWN), places.at_mirror, places.refusal) == (False, False, DOWN)
