"""Fixtures that every folder of tests may ask for, and the hook that runs async tests under trio."""

from __future__ import annotations

import gc
import inspect
import os
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import pytest
import trio
import trio.testing
from hypothesis import HealthCheck, settings

from tests.docker_registry import DockerRegistry
from tests.programs import require
from tests.skopeo import Skopeo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

PATIENCE: Final = 60.0
"""Seconds after which an async test is hung; nothing is ever measured against it."""

# A busy machine is no defect of what it tests, and what CI tried it must be possible to try again.
settings.register_profile(
    "regbot", deadline=None, derandomize=os.environ.get("CI") == "true", suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("regbot")


class MakeRegistry(Protocol):
    """Starts another registry; it ends with the test."""

    def __call__(
        self, *, delete: bool = True, users: dict[str, str] | None = None, tls: bool = False, origin: str = ""
    ) -> DockerRegistry:
        """Return a running registry with an empty store (docker_registry.py says what the options mean)."""
        ...


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their number: every worker has to find the same names, and what was compressed holds the time."""
    return f"{len(val)} bytes" if isinstance(val, bytes) and len(val) > 16 else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, or one worker would be at it when the others have nothing left."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Set aside what was collected: it stays to the end, and costs 0.3 s whenever garbage is looked for among it."""
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests under trio, on the clock among their fixtures if there is one."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in wanted}
    clocks = [value for value in pyfuncitem.funcargs.values() if isinstance(value, trio.testing.MockClock)]
    trio.run(partial(_bounded, partial(pyfuncitem.obj, **arguments), clocks), clock=clocks[0] if clocks else None)
    return True


async def _bounded(test: Callable[[], Awaitable[None]], clocks: list[trio.testing.MockClock]) -> None:
    # On a mock clock this bound costs no time, and a test may well let days pass.
    with trio.fail_after(float("inf") if clocks else PATIENCE):
        await test()


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the commands that a test starts measure no coverage: a third of their time, where others show the same."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture
def mock_clock() -> trio.testing.MockClock:
    """Give a clock that stands still until the test moves it.  Only without real sockets: they do not know of it."""
    return trio.testing.MockClock()


@pytest.fixture
def autojump_clock() -> trio.testing.MockClock:
    """Give a clock that jumps to the next deadline when every task waits.  Only without real sockets."""
    return trio.testing.MockClock(autojump_threshold=0)


@pytest.fixture
def make_registry(tmp_path: Path) -> Iterator[MakeRegistry]:
    """Start real registries on loopback, as many as a test needs."""
    with ExitStack() as stack:
        started: list[DockerRegistry] = []

        def make(
            *, delete: bool = True, users: dict[str, str] | None = None, tls: bool = False, origin: str = ""
        ) -> DockerRegistry:
            folder = tmp_path / f"registry-{len(started)}"
            registry = DockerRegistry(folder, delete=delete, users=users, tls=tls, origin=origin)
            started.append(stack.enter_context(registry))
            return started[-1]

        yield make


@pytest.fixture
def registry(make_registry: MakeRegistry) -> DockerRegistry:
    """Start one real registry: empty, without authentication, that allows to delete."""
    return make_registry()


@pytest.fixture
def skopeo() -> Skopeo:
    """Give the second opinion on what is in a registry or a layout."""
    require("skopeo")
    return Skopeo()


@pytest.fixture
def files_folder(tmp_path: Path) -> Path:
    """Make the folder that scripts may reach (`--files`), empty."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder
