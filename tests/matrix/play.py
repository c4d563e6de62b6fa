"""One case of the matrix: an operation, of which one request goes wrong, on a network and a clock that are memory."""

from __future__ import annotations

import random
import traceback
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import TYPE_CHECKING, Final

import httpx
import trio
import trio.testing

from regbot.registry.http.client import Client
from regbot.registry.http.retry import Retries
from regbot.registry.remote.remote import Remote
from tests.matrix.clock import keep_time
from tests.matrix.faults import EPOCH
from tests.matrix.lines import is_upload, line_of
from tests.matrix.stage import Stage
from tests.model.world import World

if TYPE_CHECKING:
    from trio.testing import MockClock

    from regbot.registry.hosts import Host
    from regbot.registry.observer import Progress
    from tests.matrix.faults import Fault
    from tests.matrix.operations import Operation
    from tests.model.message import Answerer, Asked, Reply

_MARK: Final = "X-Test-Fault"


class Mode(Enum):
    """How long a fault lasts, and how long the run may take."""

    ONCE = "once"
    FOR_EVER = "for ever"
    IN_A_HURRY = "for ever, with 30 s left"

    @property
    def deadline(self) -> float:
        """Seconds that the run has."""
        return 30.0 if self is Mode.IN_A_HURRY else 3600.0


@dataclass(frozen=True, slots=True)
class Case:
    """What goes wrong with the *number*-th request of a kind (`line_of`); for ever: with those after it, too."""

    line: str
    number: int
    fault: Fault
    mode: Mode

    def __str__(self) -> str:
        return f"{self.line} #{self.number}: {self.fault.name}, {self.mode.value}"


@dataclass(slots=True)
class Outcome:
    """What came of a case."""

    stage: Stage
    before: dict[str, str]
    value: object = None
    error: BaseException | None = None
    text: str = ""
    """All that the error would show, and what was said meanwhile."""
    lines: list[str] = field(default_factory=list)
    """The requests."""
    heard: list[tuple[str, str]] = field(default_factory=list)
    """Host, and all that it was told in heads of requests."""
    locations: dict[str, str] = field(default_factory=dict)
    """Path of each upload of which the client learned, with what stood behind the path the last time."""
    seconds: float = 0.0
    received: int = 0
    left_open: int = 0
    """Connections that were not closed in the end."""
    out_of_time: bool = False


def play(operation: Operation, case: Case | None = None, *, seed: int = 0) -> Outcome:
    """Play an operation, without *case* with no fault at all."""
    clock = trio.testing.MockClock()
    return trio.run(_Play(operation, case, seed).run, clock, clock=clock)


class _Play:
    def __init__(self, operation: Operation, case: Case | None, seed: int) -> None:
        self._operation, self._case, self._seed = operation, case, seed
        self._stage = Stage(operation.setting)
        self._counts: Counter[str] = Counter()
        self._outcome = Outcome(self._stage, self._stage.tags)

    async def run(self, clock: MockClock) -> Outcome:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_time, clock)
            servers = {name: self._struck(name, server) for name, server in self._stage.servers.items()}
            self._world = World(nursery, servers)
            observer = _Listener(self._outcome)
            client = Client(
                self._stage.hosts,
                user_agent="regbot/test",
                connect=self._connect,
                observer=observer,
                retries=Retries(random=random.Random(self._seed).random),  # noqa: S311 -- repeatable
                wall=lambda: EPOCH + trio.current_time(),
            )
            remote = Remote(client, observer)
            await self._work(remote)
            await remote.aclose()
            self._outcome.received, self._outcome.left_open = self._world.received, self._world.open
            nursery.cancel_scope.cancel()
        return self._outcome

    async def _work(self, remote: Remote) -> None:
        began, outcome = trio.current_time(), self._outcome
        with trio.move_on_after(self._case.mode.deadline if self._case else inf) as scope:
            try:
                outcome.value = await self._operation.work(remote)
            except Exception as exc:  # noqa: BLE001 -- that there is none is what is tested
                self._failed(exc)
        outcome.seconds, outcome.out_of_time = trio.current_time() - began, scope.cancelled_caught

    def _failed(self, error: Exception) -> None:
        self._outcome.error = error
        shown = [f"{each!r} {vars(each)}" for each in (error, error.__cause__, error.__context__) if each is not None]
        self._outcome.text += "\n".join([*traceback.format_exception(error), *shown])

    def _connect(self, host: Host, *, elsewhere: bool) -> httpx.AsyncBaseTransport:
        return _Tapped(self, self._world.connect(host, elsewhere=elsewhere))

    def about_to_send(self, request: httpx.Request) -> None:
        """Take note of a request, and see to it that it goes wrong if it should."""
        line = line_of(request.method, request.url.netloc.decode(), request.url.path)
        self._counts[line] += 1
        self._outcome.lines.append(line)
        case = self._case
        if case is None or case.line != line:
            return
        number = self._counts[line]
        if number == case.number or (number > case.number and case.mode is not Mode.ONCE):
            request.headers[_MARK] = "1"
            if case.fault.refuses:
                host = request.url.netloc.decode()
                self._world.hang_up(host)
                self._world.refusing[host] = 1 if case.mode is Mode.ONCE else inf

    def _struck(self, name: str, server: Answerer) -> Answerer:
        async def answer(asked: Asked) -> Reply:
            self._outcome.heard.append((name, f"{asked.target} {dict(asked.headers)}"))
            if self._case is None or _MARK.lower() not in asked.headers:
                return await server(asked)
            return await self._case.fault.strike(server, asked)

        return answer

    def heard(self, response: httpx.Response) -> None:
        """Take note of an answer that arrived."""
        path, _, query = response.headers.get("Location", "").partition("?")
        if is_upload(path):
            self._outcome.locations[path] = query


class _Listener:
    """An Observer whose every word counts as shown."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def debug(self, text: str) -> None:
        self._outcome.text += f"{text}\n"

    warn = error = debug

    def progress(self, progress: Progress) -> None:
        self.debug(str(progress))


class _Tapped(httpx.AsyncBaseTransport):
    """A transport whose requests are taken note of."""

    def __init__(self, play: _Play, inner: httpx.AsyncBaseTransport) -> None:
        self._play, self._inner = play, inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._play.about_to_send(request)
        response = await self._inner.handle_async_request(request)
        self._play.heard(response)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()
