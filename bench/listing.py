"""A list of 100,000 tags, from docker-registry to a script, beside skopeo's."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from bench.command import regbot, timed
from bench.table import Figure, median
from tests.docker_registry import DockerRegistry

TAGS: Final = 100_000
ROUNDS: Final = 3
CONFIG: Final = """
creds: [{{registry: "{0}", tls: disabled}}]
scripts: [{{name: list, script: 'assert(#tag.ls("{0}/many") == {1})'}}]
"""


def figures() -> list[Figure]:
    """Measure both, in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with DockerRegistry(folder / "a") as registry:
            _fill(registry)
            config = folder / "regbot.yml"
            config.write_text(CONFIG.format(registry.host, TAGS))
            skopeo = ["skopeo", "list-tags", "--tls-verify=false", f"docker://{registry.host}/many"]
            pairs = [(timed(regbot(config)), timed(skopeo)) for _ in range(ROUNDS)]
    ours, theirs = (median([pair[which][0] for pair in pairs]) for which in (0, 1))
    peak = median([pair[0][2] for pair in pairs])
    return [
        Figure("100,000 tags to a script", ours, "s", theirs, "skopeo list-tags", "< 3 s"),
        Figure("100,000 tags, peak memory", peak, "MB", aim="< 150"),
    ]


def _fill(registry: DockerRegistry) -> None:
    # What docker-registry lists are the folders of its store: to push so many would take an hour.
    tags = registry.folder / "store/docker/registry/v2/repositories/many/_manifests/tags"
    for number in range(TAGS):
        (tags / f"v1.0.{number}").mkdir(parents=True)
