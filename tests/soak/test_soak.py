"""A short soak; `python -m tests.soak` is the long one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.soak.soak import Plan, soak

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docker_registry import DockerRegistry

pytestmark = pytest.mark.long

RUNS: Final = 60
FIRST: Final = 30
NOISE: Final = 4 << 10
"""KiB that a supervisor may grow, while its caches fill; one that kept what runs send would grow by more."""


async def test_hostile_runs_harm_no_honest_one(registry: DockerRegistry, files_folder: Path) -> None:
    """Among hostile scripts and children honest ones succeed, and nothing is left: processes, descriptors, memory."""
    figures = await soak(registry, files_folder, Plan(RUNS, FIRST), lambda _: None)
    assert (figures.wrong, figures.escaped, figures.runs) == ([], set(), RUNS)
    early, late = figures.early, figures.late
    assert early is not None
    assert late is not None
    # The roles of the processes are in it as well.
    assert late.descriptors == early.descriptors
    for before, after in zip(early.processes, late.processes, strict=True):
        assert after.rss <= before.rss + NOISE, after.role
