"""What `parallel.map` makes of a registry that is slow to answer: configs of many images, beside the loop."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench import servers
from bench.runs import run, script
from bench.table import Figure, median
from regbot.registry.files.files import Files
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.registries import Registries
from regbot.supervisor.audit.trail import Trail
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.gates import Gates, Means
from regbot.supervisor.logs import Writer, open_log
from tests.docker_registry import DockerRegistry
from tests.images import image, push

if TYPE_CHECKING:
    from regbot.supervisor.children.launcher import Launcher

IMAGES: Final = 64
SLOW: Final = 0.02
"""Seconds that each answer comes later."""
ROUNDS: Final = 3
LOOP: Final = """
    local found = {{}}
    for i, name in ipairs(tag.ls("{0}/a")) do found[i] = image.config("{0}/a:" .. name) end
    assert(#found == {1})
"""
MAP: Final = """
    local found = parallel.map(tag.ls("{0}/a"), function(name) return image.config("{0}/a:" .. name) end)
    assert(#found == {1})
"""


async def figures() -> list[Figure]:
    """Measure both, in turns."""
    with tempfile.TemporaryDirectory() as folder, DockerRegistry(Path(folder)) as registry:
        for number in range(IMAGES):
            push(registry, "a", f"v{number}", image(layers=[b"%d" % number]))
        with servers.slow(registry.host, SLOW) as host:
            async with open_launcher() as launcher:
                pairs = [(await _taken(MAP, host, launcher), await _taken(LOOP, host, launcher)) for _ in range(ROUNDS)]
    ours, theirs = (median([pair[which] for pair in pairs]) for which in (0, 1))
    what = f"parallel.map of {IMAGES} configs, each answer {SLOW * 1e3:.0f} ms late"
    return [Figure(what, ours, "s", theirs, "the loop", "<= 0.2 of it")]


async def _taken(source: str, host: str, launcher: Launcher) -> float:
    """Return the seconds of a run that finds nothing in a cache."""
    hosts, files, log = Hosts([Host(host, tls=Tls.DISABLED)]), Files("."), open_log(Writer(8))
    async with Registries(hosts, files=files, user_agent="bench") as registry:
        means = Means(launcher, registry, registry, files, log, parallel=1, dry_run=False)
        lua = source.format(host, IMAGES)
        return await run(lua, Gates(means).of(script(lua), Trail()), launcher)
