"""Runs a command under a seccomp filter that refuses some of the sandbox's system calls, as containers do.

usage: python tests/refusing.py NAME... -- COMMAND...

NAME is a key of REFUSED.  What the filter refuses it refuses to all that the command starts.
"""

from __future__ import annotations

import os
import struct
import sys
from typing import Final, NamedTuple

ROOT: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 -- as the sandbox does
if __name__ == "__main__":
    sys.path.insert(0, ROOT)

from regbot.sandbox import kernel  # noqa: E402 -- found only now

LD, JEQ, RET = 0x20, 0x15, 0x06
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
EPERM, ENOSYS, EINVAL = 1, 38, 22


class Refused(NamedTuple):
    """A system call by its numbers on x86_64 and aarch64, what is answered, and for which argument only."""

    numbers: tuple[int, int]
    answer: int
    argument: tuple[int, int] | None = None
    """Its place and the low half of its value."""
    unless: bool = False
    """Whether it is any other value that is meant."""


REFUSED: Final = {
    "unshare": Refused((272, 97), ERRNO | EPERM),
    "killing unshare": Refused((272, 97), KILL),
    "landlock": Refused((444, 444), ERRNO | ENOSYS),
    "filters": Refused((157, 167), ERRNO | EINVAL, (0, kernel.PR_SET_SECCOMP)),
    # No error, and nothing is done: what only imitates a kernel may answer so.  To ask for a limit is answered.
    "limits": Refused((302, 261), ERRNO, (2, 0), unless=True),
}


def program(names: list[str]) -> bytes:
    """Return the filter."""
    machine = ["x86_64", "aarch64"].index(os.uname().machine)
    code = b""
    for refused in map(REFUSED.__getitem__, names):
        block = [(RET, 0, 0, refused.answer)]
        if refused.argument is not None:
            place, value = refused.argument
            jumps = (len(block), 0) if refused.unless else (0, len(block))
            block = [(LD, 0, 0, 16 + 8 * place), (JEQ, *jumps, value), *block]
        block = [(LD, 0, 0, 0), (JEQ, 0, len(block), refused.numbers[machine]), *block]
        code += b"".join(struct.pack("<HBBI", *instruction) for instruction in block)
    return code + struct.pack("<HBBI", RET, 0, 0, ALLOW)


if __name__ == "__main__":
    end = sys.argv.index("--")
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.load_filter(program(sys.argv[1:end]))
    os.execv(sys.argv[end + 1], sys.argv[end + 1 :])  # noqa: S606 -- that is what it is for
