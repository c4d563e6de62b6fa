"""Containers of the image, hardened as docs/deploying.md says."""

from __future__ import annotations

import itertools
import json
import os
import resource
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from tests.image.trial.engine import TrialError, podman

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE: Final = "localhost/regbot:trial"
ROOT: Final = Path(__file__).parents[3]
USER: Final = 1000
WITHIN: Final = 30.0
"""Seconds for anything to happen."""
_NUMBERS: Final = itertools.count()
_DEFAULT: Final = 1 << 20
"""The limit of open files and of processes that podman gives, and a machine may not have."""


def hardened(*volumes: str) -> list[str]:
    """Return the options of `podman run` for one container; *volumes* are "FOLDER:WHERE" with options."""
    words = ["--network", "host", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    words += ["--security-opt", f"seccomp={ROOT / 'seccomp/container.json'}"]
    for volume in volumes:
        words += ["--volume", volume]
    return [*words, *fitting()]


def fitting() -> list[str]:
    """Return the options without which podman asks for limits that this machine does not give."""
    words = []
    for name, kind in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
        if resource.getrlimit(kind)[1] < _DEFAULT:
            words += ["--ulimit", f"{name}=4096:4096"]
    return words


def once(*command: str, volumes: tuple[str, ...] = (), status: int = 0) -> str:
    """Run one command of regbot in a container of its own, return its standard output."""
    return podman("run", "--rm", "--no-healthcheck", *hardened(*volumes), IMAGE, *command, status=status)


class Server:
    """A server in a container, that listens at a port of this machine."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}")

    @property
    def pid(self) -> int:
        """The number of its process, outside."""
        return int(self._inspect()["State"]["Pid"])  # type: ignore[index]  # what podman prints

    @property
    def exit_status(self) -> int:
        """How it ended."""
        return int(self._inspect()["State"]["ExitCode"])  # type: ignore[index]  # what podman prints

    def until(self, path: str) -> float:
        """Ask until the answer is 200, return the time (CLOCK_BOOTTIME) when it came."""
        end = time.monotonic() + WITHIN
        while time.monotonic() < end:
            try:
                if self.http.get(path).status_code == httpx.codes.OK:
                    return time.clock_gettime(time.CLOCK_BOOTTIME)
            except httpx.TransportError:
                time.sleep(0.002)
        raise TrialError(f"{path} is not answered with 200 within {WITHIN:.0f} s:\n{self.log()}")

    def log(self) -> str:
        """Return what it has said."""
        return podman("logs", self.name, quiet=False)

    def says(self, words: str) -> None:
        """Wait until these words are in its log."""
        end = time.monotonic() + WITHIN
        while words not in (log := self.log()):
            if time.monotonic() > end:
                raise TrialError(f"it does not say {words} within {WITHIN:.0f} s:\n{log}")

    def stop(self) -> None:
        """Tell it to stop, and wait until it has."""
        podman("stop", self.name)

    def execute(self, *command: str) -> str:
        """Run a command in its container."""
        return podman("exec", self.name, *command)

    def _inspect(self) -> dict[str, object]:
        found: list[dict[str, object]] = json.loads(podman("inspect", self.name))
        return found[0]


@contextmanager
def server(port: int, *volumes: str) -> Iterator[Server]:
    """Run the image as it is started by default, but for the port; remove the container at the end."""
    name = f"regbot-trial-{os.getpid()}-{next(_NUMBERS)}"
    command = ("server", "-c", "/etc/regbot/regbot.yml", "--state", "/var/lib/regbot", "--logopt", "json")
    health = ("--health-cmd", json.dumps(["/opt/regbot/bin/regbot", "health", f"127.0.0.1:{port}"]))
    try:
        words = ("--detach", "--log-driver", "k8s-file", *health, *hardened(*volumes))
        podman("run", "--name", name, *words, IMAGE, *command, "--listen", f"127.0.0.1:{port}")
        yield Server(name, port)
    finally:
        podman("rm", "--force", "--time", "0", name)
