from __future__ import annotations

import errno
import json
import os
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from regbot.sandbox import kernel, landlock

if TYPE_CHECKING:
    from pathlib import Path

DENIED: Final = {
    "open": (errno.EACCES, 1),
    "list": (errno.EACCES, 1),
    "create": (errno.EACCES, 1),
    "remove": (errno.EACCES, 1),
    "execute": (errno.EACCES, 1),
    "connect": (errno.EACCES, 4),
    "bind": (errno.EACCES, 4),
    "signal": (errno.EPERM, 6),
}
"""What Landlock refuses, how, and since which ABI."""

ATTEMPTS: Final = """
import json, os, socket, sys
from regbot.sandbox import kernel, landlock

def result(attempt):
    try:
        attempt()
    except OSError as exc:
        return exc.errno
    return 0

def create(name):
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY))

os.chdir(sys.argv[1])
listener = socket.create_server(("127.0.0.1", 0))
attempts = {
    "open": lambda: os.close(os.open("/dev/null", os.O_RDWR)),
    "list": lambda: os.listdir("/"),
    "create": lambda: create("new"),
    "remove": lambda: os.unlink("old"),
    "execute": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "connect": lambda: socket.create_connection(listener.getsockname()).close(),
    "bind": lambda: socket.create_server(("127.0.0.1", 0)).close(),
    "signal": lambda: os.kill(os.getppid(), 0),
}
create("old")
before = {name: result(attempt) for name, attempt in attempts.items()}
create("old")
abi, _ = landlock.supported()
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
landlock.deny_all(abi)
after = {name: result(attempt) for name, attempt in attempts.items()}
sys.stdout.write(json.dumps([abi, before, after]))
"""
"""Prints the ABI, and the errno of each attempt before and after everything was denied."""

WITHOUT: Final = """
import struct, sys
from regbot.sandbox import kernel, landlock
answer = 0x50000 | int(sys.argv[1])
program = (0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, answer), (0x06, 0, 0, 0x7FFF0000)
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
kernel.load_filter(b"".join(struct.pack("<HBBI", *instruction) for instruction in program))
abi, layer = landlock.supported()
sys.stdout.write(f"{abi} {layer}")
"""
"""Asks a kernel that answers landlock_create_ruleset(2) with the errno that was given."""


def python(code: str, argument: object) -> subprocess.CompletedProcess[str]:
    """Run a program that denies itself things."""
    return subprocess.run([sys.executable, "-c", code, str(argument)], capture_output=True, text=True, check=False)


def test_denied(tmp_path: Path) -> None:
    """What works before is refused afterwards, by Landlock alone, as far as its ABI reaches."""
    abi, before, after = json.loads(python(ATTEMPTS, tmp_path).stdout)
    assert before == dict.fromkeys(DENIED, 0)
    assert after == {name: number if abi >= since else 0 for name, (number, since) in DENIED.items()}


def test_present(tmp_path: Path) -> None:
    """Where the jail must be whole (REGBOT_MUST_JAIL=1), there is a Landlock that denies."""
    abi, _, after = json.loads(python(ATTEMPTS, tmp_path).stdout)
    assert (after["open"] > 0) == (abi > 0)
    assert abi > 0 or os.environ.get("REGBOT_MUST_JAIL") != "1"


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM])
def test_absent_is_reported(number: int) -> None:
    """A kernel without Landlock, or a container that hides it, has ABI 0, and the layer says why."""
    told = python(WITHOUT, number).stdout
    assert told == f"0 landlock no landlock_create_ruleset: {os.strerror(number)}"


def test_other_errors_are_no_absence() -> None:
    """Any other answer is an error."""
    assert "landlock_create_ruleset: Bad address" in python(WITHOUT, errno.EFAULT).stderr


@pytest.mark.parametrize(
    ("abi", "files", "tcp", "scopes"),
    [(1, 13, 0, 0), (2, 14, 0, 0), (3, 15, 0, 0), (4, 15, 2, 0), (5, 16, 2, 0), (6, 16, 2, 2), (99, 16, 2, 2)],
)
def test_all_that_a_kernel_knows(abi: int, files: int, tcp: int, scopes: int) -> None:
    """Every right that came with the ABI or before is handled, and none that the kernel would refuse to hear of."""
    handled = struct.unpack("=QQQ", landlock.attributes(abi))
    assert handled == ((1 << files) - 1, (1 << tcp) - 1, (1 << scopes) - 1)


def test_absent() -> None:
    """Where the kernel has no Landlock, nothing is asked of it (no_new_privs, which it demands, is not set here)."""
    landlock.deny_all(0)


def test_refused() -> None:
    """Where it should be there and fails, that is an error: here the kernel is asked for what none knows."""
    with pytest.raises(OSError, match="landlock_create_ruleset: "):
        kernel.landlock_create_ruleset(struct.pack("=QQQ", 1 << 63, 0, 0))
