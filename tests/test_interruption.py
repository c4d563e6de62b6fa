"""A copy that ends anywhere leaves the target's tag the old or the new, whole."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.images import image, index, push
from tests.regbot import COMMAND

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeRegistry
    from tests.docker_registry import DockerRegistry
    from tests.skopeo import Skopeo

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("unmeasured")]

ATTEMPTS = 8


def _start(source: DockerRegistry, target: DockerRegistry) -> subprocess.Popen[str]:
    config = f"""creds: [{{registry: "{source.host}", tls: disabled}}, {{registry: "{target.host}", tls: disabled}}]
scripts: [{{name: copy, script: 'image.copy("{source.host}/a:v1", "{target.host}/b:v1")'}}]
"""
    process = subprocess.Popen([COMMAND, "once", "-c", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(config)
    process.stdin.close()
    return process


def _big(version: str) -> dict[str, bytes]:
    # Bytes that gzip cannot make small.
    return {f"linux/{machine}": Random(version + machine).randbytes(4 << 20) for machine in ("amd64", "arm64")}  # noqa: S311 -- no secret


def test_killed_supervisor(make_registry: MakeRegistry, skopeo: Skopeo, tmp_path: Path) -> None:
    """SIGKILL of the supervisor at any point of a copy leaves an old tag whole, and the copy can be done again."""
    source, target = make_registry(), make_registry()
    old, new = (index({name: image(platform=name, layers=[data]) for name, data in _big(v).items()}) for v in "12")
    push(source, "a", "v1", new)
    push(target, "b", "v1", old)
    begin = time.monotonic()
    with _start(source, make_registry()) as whole:
        assert whole.wait() == 0
    usual = time.monotonic() - begin
    for attempt in range(ATTEMPTS):
        with _start(source, target) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=usual * attempt / ATTEMPTS)
            process.kill()
        assert target.digest("b", "v1") in {old.digest, new.digest}
        skopeo.copy(f"{target.host}/b:v1", f"dir:{tmp_path}/seen-{attempt}")
    with _start(source, target) as process:
        assert process.wait() == 0
    assert target.digest("b", "v1") == new.digest


def test_target_that_dies(make_registry: MakeRegistry, skopeo: Skopeo, tmp_path: Path) -> None:
    """A target that dies in the middle ends the script with an error; started again it has the old tag, whole."""
    source, target = make_registry(), make_registry()
    old, new = (index({name: image(platform=name, layers=[data]) for name, data in _big(v).items()}) for v in "12")
    push(source, "a", "v1", new)
    push(target, "b", "v1", old)
    with _start(source, target) as process:
        assert process.stderr is not None
        while not any("uploads" in path for _, path, _ in target.requests()):
            assert process.poll() is None
        target.stop()
        assert process.wait() == 1
        assert f"no answer from {target.host}" in process.stderr.read()
    target.start()
    assert target.digest("b", "v1") == old.digest
    skopeo.copy(f"{target.host}/b:v1", f"dir:{tmp_path}/seen")
