"""A real container, made by runc: this system's programs and the project, read-only, under a root of its own.

The network is this machine's, so that the tests' registries can be reached; process, IPC, UTS and mount namespaces are
the container's.  As runtimes do it, /proc has its masked and its read-only paths.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.programs import require
from tests.regbot import Ended

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

USER: Final = 1000
PROJECT: Final = Path(__file__).parents[2]
FILES: Final = "/files"
"""Where the one folder is that can be written to."""

# What Docker leaves to root if nothing is said (its documentation, "Runtime privilege and Linux capabilities").
DOCKER_CAPABILITIES: Final = tuple(
    "CAP_" + name
    for name in (
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
        *("NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    )
)
_NAMESPACES: Final = ("pid", "ipc", "uts", "mount")
_MASKED: Final = ("/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi", "/sys/firmware")
_READ_ONLY: Final = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
_SYSTEM: Final = ("/usr", "/etc", "/bin", "/lib", "/lib64")
_NUMBERS: Final = itertools.count()


@dataclass(frozen=True)
class Box:
    """Runs commands, each in a container of its own; *folder* is for what that takes, *files* is FILES inside.

    *profile* is what --security-opt seccomp= says (None: unconfined); user and *capabilities* are those of the process.
    """

    folder: Path
    files: Path
    profile: Mapping[str, Any] | None
    user: int = USER
    capabilities: Sequence[str] = ()

    def __call__(self, *command: str, stdin: str = "") -> Ended:
        """Run one command to its end."""
        done = subprocess.run(self._runc(command), input=stdin, capture_output=True, text=True, timeout=60, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def running(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        """Run one command beside the test, its standard error a pipe; a signal to the process goes to the command."""
        with subprocess.Popen(
            self._runc(command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                # runc hands it on as to any first process of its namespace: that has to heed it.
                process.terminate()

    def _runc(self, command: Sequence[str]) -> list[str]:
        """Return what runs a command in a container that is made for it."""
        runc, name = require("runc"), f"regbot-test-{os.getpid()}-{next(_NUMBERS)}"
        bundle = self.folder / name
        (bundle / "rootfs").mkdir(parents=True)
        (bundle / "config.json").write_text(json.dumps(self._config(bundle, command)))
        return [runc, "--root", str(self.folder / "state"), "run", "--bundle", str(bundle), name]

    def _config(self, bundle: Path, command: Sequence[str]) -> dict[str, Any]:
        held = {kind: list(self.capabilities) for kind in ("bounding", "effective", "permitted")}
        return {
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": self.user, "gid": self.user},
                "args": list(command),
                "env": ["PATH=/usr/bin:/bin", "HOME=/tmp", "PYTHONDONTWRITEBYTECODE=1"],
                "cwd": FILES,
                "capabilities": held,
                "noNewPrivileges": True,
            },
            "root": {"path": str(bundle / "rootfs"), "readonly": True},
            "mounts": list(self._mounts()),
            "linux": {
                "namespaces": [{"type": kind} for kind in _NAMESPACES],
                "maskedPaths": _MASKED,
                "readonlyPaths": _READ_ONLY,
                **({"seccomp": self.profile} if self.profile else {}),
            },
        }

    def _mounts(self) -> Iterator[dict[str, Any]]:
        yield {"destination": "/proc", "type": "proc", "source": "proc"}
        for path, *more in (("/dev", "mode=0755"), ("/tmp", "mode=1777", "nodev")):  # noqa: S108 -- the container's
            options = ["nosuid", "noexec", "size=1m", *more]
            yield {"destination": path, "type": "tmpfs", "source": "tmpfs", "options": options}
        for path in dict.fromkeys((*_SYSTEM, sys.base_prefix, sys.prefix, str(PROJECT))):
            if Path(path).exists():
                yield _bind(path, path, "ro")
        yield _bind(str(self.files), FILES, "rw")


def boxes_or_skip() -> None:
    """Skip the test where there can be no container; fail where CI=true forbids to skip."""
    require("runc")
    if os.geteuid() != 0:
        reason = "to make a container with runc takes root"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


def _bind(source: str, target: str, mode: str) -> dict[str, Any]:
    options = ["rbind", "nosuid", "nodev", mode]
    return {"destination": target, "type": "bind", "source": source, "options": options}
