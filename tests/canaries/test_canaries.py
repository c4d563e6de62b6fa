"""Passwords from every place they can come from, and everything that must not hold one of them."""

from __future__ import annotations

import os
from io import StringIO
from typing import TYPE_CHECKING, Final

import pytest

from regbot.registry.credentials import Login, Secret
from regbot.registry.hosts import Host, Hosts
from regbot.registry.registries import Registries
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.gate import Gate
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.runs.run import Run
from regbot.supervisor.slots import Slots
from tests.canaries.memory import forms
from tests.canaries.scene import CANARIES, MARKER, Scene, Seen, scene, watch
from tests.regbot import regbot
from tests.supervisor.scripts import script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.registry.reference import Repository

pytestmark = pytest.mark.long

SECRETIVE: Final = Host(
    "registry.test",
    client_key=Secret(CANARIES["helper"]),
    login=Login("bot", Secret(CANARIES["pass"]), Secret(CANARIES["token"]), Secret(CANARIES["access token"])),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Set the scene, once for all tests here."""
    if os.geteuid() != 0:
        assert os.environ.get("CI") != "true", "CI has to run these tests as root"
        pytest.skip("only root may read the memory of launcher and children")
    with scene(tmp_path_factory.mktemp("canaries")) as made:
        yield made


@pytest.fixture(scope="module")
def seen(place: Scene) -> Seen:
    """Run the command and look into its processes."""
    return watch(place)


def shown(place: Scene, text: str) -> set[str]:
    """Return the names of the canaries in what somebody was shown."""
    data = text.encode("utf-8", "surrogateescape")
    return {name for name, canary in place.texts.items() if any(form in data for form in forms(canary))}


def test_the_passwords_were_in_use(place: Scene, seen: Seen) -> None:
    """The supervisor's memory holds every canary but that of a helper that failed (or the next test proves nothing)."""
    assert seen.supervisor >= set(place.texts) - {"failing helper"}, seen.output[-3000:]


def test_launcher_and_child_hold_no_password(seen: Seen) -> None:
    """No process below the supervisor holds a canary; the child's memory was read, since its script's word is there.

    They are the launcher, the child that runs, and one that waits.
    """
    assert len(seen.below) >= 3
    assert [sorted(names - {"marker"}) for names in seen.below.values() if names - {"marker"}] == []
    assert any("marker" in names for names in seen.below.values())


def test_no_log_shows_a_password(place: Scene, seen: Seen) -> None:
    """The log at trace, errors of operations and the end of the run show no canary, whatever registries repeat."""
    assert "means" in seen.output
    assert MARKER not in seen.output
    assert (shown(place, seen.output), seen.status) == (set(), 1)


def test_nobody_else_is_sent_a_password(seen: Seen) -> None:
    """A registry that others lead to hears no Authorization."""
    assert seen.outside == []


@pytest.mark.parametrize(
    "words",
    [
        ["once", "-c", "regbot.yml", "--dry-run", "-v", "trace", "--logopt", "json"],
        ["check", "-c", "regbot.yml"],
        ["doctor", "-c", "regbot.yml"],
        ["schema"],
        ["version"],
    ],
    ids=lambda words: words[0],
)
def test_no_report_shows_a_password(place: Scene, words: list[str]) -> None:
    """What other commands print of the same configuration, and a log in JSON, shows no canary."""
    place.fake.released.set()
    (place.folder / "regbot.yml").write_text(place.config())
    ended = regbot(*words, folder=place.folder, environ=place.environ)
    assert ended.stdout + ended.stderr
    assert shown(place, ended.stdout + ended.stderr) == set()


class Broken(Registries):
    """Registries whose operation meets what nobody thought of, with all that it knows in the error."""

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:  # noqa: ARG002 -- the interface's
        """Fail."""
        raise RuntimeError(repr(SECRETIVE), [SECRETIVE.login, SECRETIVE.login.secrets], str(SECRETIVE.login.password))


async def test_the_trace_of_a_defect_shows_no_password() -> None:
    """Even an error that is made of logins has none in its trace, which goes to the log."""
    stream = StringIO()
    log = open_log(Writer(-8, stream=stream))
    async with open_launcher() as launcher, Broken(Hosts([SECRETIVE]), user_agent="test") as registry:
        gate = Gate(registry=registry, slots=Slots(1).share())
        outcome = await Run(script(f"tag.ls('{SECRETIVE.name}/x')"), gate, log).execute(launcher)
    assert outcome.verdict is Verdict.DEFECT
    assert "RuntimeError" in outcome.traceback
    said = f"{outcome!r}{stream.getvalue()}".encode()
    assert not any(form in said for canary in CANARIES.values() for form in forms(canary))
