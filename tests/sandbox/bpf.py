"""The kernel's reading of a seccomp program, for tests: classic BPF over `struct seccomp_data`."""

from __future__ import annotations

import struct
from typing import Final

_DATA: Final = struct.Struct("<iIQ6Q")
_INSTRUCTION: Final = struct.Struct("<HBBI")


def simulate(program: bytes, audit_arch: int, number: int, *arguments: int) -> int:
    """Return the action for one call; whatever is no instruction of ours is an AssertionError."""
    given = [*arguments, *[0] * (6 - len(arguments))]
    data = _DATA.pack(number, audit_arch, 0, *given)
    code = list(_INSTRUCTION.iter_unpack(program))
    accumulator, at = 0, 0
    while True:
        operation, if_true, if_false, value = code[at]
        at += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, value)
            case 0x54:
                accumulator &= value
            case 0x15:
                at += if_true if accumulator == value else if_false
            case 0x35:
                at += if_true if accumulator >= value else if_false
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(f"no instruction: {operation:#x}")
