"""Requests, bytes and waits of runs, each run's its own."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import trio

from regbot.registry.observer import Unmetered
from regbot.registry.registries import Registries
from regbot.supervisor.audit.meter import TrailMeter
from regbot.supervisor.audit.trail import CURRENT, Trail
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.gate import Gate
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.runs.run import Run
from regbot.supervisor.slots import Slots
from tests.images import image, push
from tests.supervisor.scripts import plain, script

if TYPE_CHECKING:
    from tests.docker_registry import DockerRegistry

IMAGE = image(layers=[b"x" * 1000])


class Told(Unmetered):
    """A Meter that keeps what it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, int]] = []
        self.numbers: list[tuple[str, str, float]] = []

    def requested(self, registry: str, status: int) -> None:
        """Keep it."""
        self.requests.append((registry, status))

    def waited(self, registry: str, seconds: float, why: str) -> None:
        """Keep it."""
        self.numbers.append((registry, why, seconds))

    def remaining(self, registry: str, pulls: int) -> None:
        """Keep it."""
        self.numbers.append((registry, "remaining", pulls))


async def test_each_run_has_its_own(registry: DockerRegistry) -> None:
    """Of two runs beside each other each is charged with its own requests and bytes; together they are all."""
    push(registry, "a", "v1", IMAGE)
    before = len(registry.requests())
    told, one, other = Told(), Trail(), Trail()
    texts = {
        f'for i = 1, 5 do manifest.getList("{registry.host}/a:v1") end': one,
        f'image.copy("{registry.host}/a:v1", "{registry.host}/b:v1")': other,
    }
    async with (
        open_launcher() as launcher,
        Registries(plain(registry.host), user_agent="t", meter=TrailMeter(told)) as real,
    ):
        slots, log = Slots(1), open_log(Writer(8, stream=StringIO()))

        async def run(text: str, trail: Trail) -> None:
            made = Run(script(text), Gate(registry=real, slots=slots.share()), log, trail)
            assert (await made.execute(launcher)).verdict is Verdict.SUCCESS

        async with trio.open_nursery() as nursery:
            for text, trail in texts.items():
                nursery.start_soon(run, text, trail)
    asked = registry.requests()[before:]
    assert (one.requests + other.requests, len(told.requests)) == (len(asked), len(asked))
    assert one.requests >= 5
    assert one.sent == 0 < other.sent == sum(map(len, [*IMAGE.blobs.values(), IMAGE.manifest][-1:]))
    assert one.operations == 5
    assert other.operations == 1


def test_without_a_run_only_the_others_are_told() -> None:
    """What nobody's run is about is counted by the others alone, and a run is charged while it is CURRENT."""
    told, trail = Told(), Trail()
    meter = TrailMeter(told)
    meter.requested("r", 200)
    before = CURRENT.set(trail)
    meter.requested("r", 0)
    meter.received("r", 7)
    meter.sent("r", 5)
    meter.waited("r", 1.5, "retry")
    meter.remaining("r", 99)
    CURRENT.reset(before)
    meter.received("r", 1)
    assert (trail.requests, trail.received, trail.sent, trail.waited) == (1, 7, 5, 1.5)
    assert told.requests == [("r", 200), ("r", 0)]
    assert told.numbers == [("r", "retry", 1.5), ("r", "remaining", 99)]
