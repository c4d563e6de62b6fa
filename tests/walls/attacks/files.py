"""Attacks on files, by name and by what is open already."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Final

from tests.sandbox import probe
from tests.walls.targets import CONTENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walls.targets import Targets


def read(where: Targets, _: int) -> None:
    """Read a file that everybody may read."""
    _expect(f"{where.folder}/secret")


def look(where: Targets, _: int) -> None:
    """Ask whether a file is there, and how long it is."""
    os.stat(f"{where.folder}/secret")  # noqa: PTH116 -- nothing may come between us and the call


def list_folder(where: Targets, _: int) -> None:
    """List a folder."""
    os.listdir(where.folder)  # noqa: PTH208 -- likewise


def create(where: Targets, _: int) -> None:
    """Create a file where everybody may."""
    name = f"{where.folder}/new"
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    os.unlink(name)  # noqa: PTH108 -- likewise


def create_folder(where: Targets, _: int) -> None:
    """Create a folder: no descriptor is needed."""
    os.mkdir(f"{where.folder}/folder")  # noqa: PTH102 -- likewise
    os.rmdir(f"{where.folder}/folder")  # noqa: PTH106 -- likewise


def create_device(where: Targets, _: int) -> None:
    """Create the device of all memory."""
    name = f"{where.folder}/device"
    os.mknod(name, 0o020600, os.makedev(1, 1))
    os.unlink(name)  # noqa: PTH108 -- likewise


def change_mode(where: Targets, _: int) -> None:
    """Change the mode of a file of ours."""
    os.chmod(f"{where.folder}/secret", 0o644)  # noqa: PTH101 -- likewise


def execute(_: Targets, __: int) -> None:
    """Execute a program."""
    os.execve("/bin/true", ["true"], {})  # noqa: S606 -- an attack


def gain(where: Targets, _: int) -> None:
    """Execute a set-uid program, and gain its owner's identity."""
    os.execve(f"{where.folder}/gain", ["test", "-O", f"{where.folder}/theirs"], {})  # noqa: S606 -- an attack


def below_open_folder(where: Targets, _: int) -> None:
    """Leave every root by a folder that was left open."""
    _expect("secret", dir_fd=where.folder_fd)


def write_to_inherited(where: Targets, _: int) -> None:
    """Write to a socket that was left open."""
    os.write(where.inherited.fileno(), b"x")


def own_memory(_: Targets, __: int) -> None:
    """Write to one's own memory past its protection, by /proc/self/mem."""
    descriptor = os.open("/proc/self/mem", os.O_RDWR)
    os.pwrite(descriptor, b"x", ctypes.addressof(probe.BUFFER))


def memory_of_process(where: Targets, _: int) -> None:
    """Read the memory of the supervisor by /proc/PID/mem."""
    _expect(f"/proc/{where.process}/mem", ctypes.addressof(probe.BUFFER))


def memory_of_neighbour(_: Targets, neighbour: int) -> None:
    """Read the memory of a neighbour by /proc/PID/mem."""
    _expect(f"/proc/{neighbour}/mem", ctypes.addressof(probe.BUFFER))


def _expect(path: str, at: int = 0, dir_fd: int | None = None) -> None:
    descriptor = os.open(path, os.O_RDONLY, dir_fd=dir_fd)
    if os.pread(descriptor, len(CONTENT), at) != CONTENT:
        raise OSError


ATTACKS: Final[dict[str, Callable[[Targets, int], None]]] = {
    "read a file": read,
    "see that a file exists": look,
    "list a folder": list_folder,
    "create a file": create,
    "create a folder": create_folder,
    "create a device": create_device,
    "change a file's mode": change_mode,
    "execute a program": execute,
    "gain an identity by a set-uid program": gain,
    "open below a folder left open": below_open_folder,
    "write to a socket left open": write_to_inherited,
    "`/proc/self/mem`": own_memory,
    "`/proc/PID/mem` of the supervisor": memory_of_process,
    "`/proc/PID/mem` of a neighbour": memory_of_neighbour,
}
