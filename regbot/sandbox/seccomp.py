"""From the seccomp profile to a BPF program; pure, nothing here touches the kernel.

The profile has the format of the OCI runtime specification (config-linux.md, "Seccomp"), with a `comment` on each rule.
The first rule that matches a call decides; a rule matches when the number and all of its arguments do.

The program that comes out, for `struct seccomp_data {int nr; u32 arch; u64 pc; u64 args[6];}` in memory:

    architecture is another: kill           a number means another call there
    number has the x32 bit: kill            likewise (x86_64 only)
    for each rule: number differs, next rule; an argument's high or low half differs, next rule; else its action
    the default action

Whatever the profile does not understand is an error: a rule that is silently weaker than it reads would be worse.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NUMBERS: Final[Mapping[str, Mapping[str, int]]] = {
    "x86_64": {
        "read": 0,
        "write": 1,
        "mmap": 9,
        "munmap": 11,
        "brk": 12,
        "mremap": 25,
        "futex": 202,
        "clock_gettime": 228,
        "exit_group": 231,
        "getrandom": 318,
    },
    "aarch64": {
        "read": 63,
        "write": 64,
        "exit_group": 94,
        "futex": 98,
        "clock_gettime": 113,
        "brk": 214,
        "munmap": 215,
        "mremap": 216,
        "mmap": 222,
        "getrandom": 278,
    },
}
"""The calls that a profile may name, by machine (as uname says it): what a child could possibly need, and no more.

From Linux: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
"""

AUDIT_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT: Final = 0x40000000

KILL_PROCESS: Final = 0x80000000
ERRNO: Final = 0x00050000
ALLOW: Final = 0x7FFF0000

_NR, _ARCH, _ARGS = 0, 4, 16
_LD_W_ABS, _AND_K, _JEQ_K, _JGE_K, _RET_K = 0x20, 0x54, 0x15, 0x35, 0x06
_INSTRUCTION: Final = struct.Struct("<HBBI")
_MAX_ERRNO: Final = 4095
_ALL_BITS: Final = (1 << 64) - 1
_HALF: Final = 0xFFFFFFFF


class PolicyError(Exception):
    """The profile is not one that can be enforced as it reads.  Ours, or whoever edited it."""


class Argument(NamedTuple):
    """One condition of a rule: the argument at *place* (0 to 5), seen through *mask*, is *value* (64 bits each)."""

    place: int
    mask: int
    value: int


class Rule(NamedTuple):
    """What happens to a call of this name whose arguments meet every condition; *action* is what the kernel reads."""

    name: str
    action: int
    arguments: tuple[Argument, ...]


def rules(profile: Mapping[str, Any]) -> Iterator[Rule]:
    """Read the rules of a profile; PolicyError if one lacks a reason or says what is not understood here."""
    for entry in profile["syscalls"]:
        names = entry.get("names") or ()
        if not names:
            raise PolicyError("a rule names no system call")
        if not entry.get("comment", "").strip():
            raise PolicyError(f"no reason given for {', '.join(names)}")
        _known(entry, {"names", "action", "errnoRet", "args", "comment"})
        arguments = tuple(_argument(entry) for entry in entry.get("args", ()))
        for name in names:
            yield Rule(name, _action(entry["action"], entry.get("errnoRet")), arguments)


def compile_profile(
    profile: Mapping[str, Any], machine: str, known: Mapping[str, Mapping[str, int]] = NUMBERS
) -> bytes:
    """Return the BPF program of *profile* for a *machine* (`x86_64`, `aarch64`), eight bytes an instruction.

    *known* has the numbers of the calls that the profile may name, by machine.
    """
    _known(profile, {"defaultAction", "defaultErrnoRet", "architectures", "syscalls", "comment"})
    numbers = known.get(machine)
    if numbers is None or f"SCMP_ARCH_{machine.upper()}" not in profile["architectures"]:
        raise PolicyError(f"the profile is not for {machine}")
    return b"".join(
        (
            *_check_architecture(machine),
            *(instruction for rule in rules(profile) for instruction in _block(rule, numbers)),
            _instruction(_RET_K, _action(profile["defaultAction"], profile.get("defaultErrnoRet"))),
        )
    )


def _known(entry: Mapping[str, Any], keys: set[str]) -> None:
    if unknown := sorted(entry.keys() - keys):
        raise PolicyError(f"not understood: {', '.join(unknown)}")


def _action(name: str, errno: int | None) -> int:
    match name, errno:
        case "SCMP_ACT_ALLOW", None:
            return ALLOW
        case "SCMP_ACT_KILL_PROCESS", None:
            return KILL_PROCESS
        case "SCMP_ACT_ERRNO", int(number) if 0 < number <= _MAX_ERRNO:
            return ERRNO | number
    raise PolicyError(f"not understood: action {name} with errnoRet {errno}")


def _argument(entry: Mapping[str, Any]) -> Argument:
    _known(entry, {"index", "op", "value", "valueTwo"})
    match entry:
        case {"op": "SCMP_CMP_EQ", "index": int(place), "value": int(value), **rest} if not rest:
            argument = Argument(place, _ALL_BITS, value)
        case {"op": "SCMP_CMP_MASKED_EQ", "index": int(place), "value": int(mask), "valueTwo": int(value)}:
            argument = Argument(place, mask, value)
        case _:
            raise PolicyError(f"not understood: argument {dict(entry)}")
    if place not in range(6) or not 0 <= argument.mask <= _ALL_BITS or argument.value & ~argument.mask:
        raise PolicyError(f"can never match: argument {dict(entry)}")
    return argument


def _check_architecture(machine: str) -> Iterator[bytes]:
    yield _instruction(_LD_W_ABS, _ARCH)
    yield _instruction(_JEQ_K, AUDIT_ARCH[machine], if_true=1)
    yield _instruction(_RET_K, KILL_PROCESS)
    if machine == "x86_64":
        yield _instruction(_LD_W_ABS, _NR)
        yield _instruction(_JGE_K, X32_BIT, if_false=1)
        yield _instruction(_RET_K, KILL_PROCESS)


def _block(rule: Rule, numbers: Mapping[str, int]) -> list[bytes]:
    """Return one rule's instructions; a condition that fails jumps behind them, to the next rule."""
    if rule.name not in numbers:
        raise PolicyError(f"{rule.name} is no system call that a child could need")
    conditions = [(_NR, _HALF, numbers[rule.name])]
    for argument in rule.arguments:
        # Both machines are little-endian.
        low = _ARGS + 8 * argument.place
        conditions.append((low, argument.mask & _HALF, argument.value & _HALF))
        conditions.append((low + 4, argument.mask >> 32, argument.value >> 32))
    block = [_instruction(_RET_K, rule.action)]
    for offset, mask, value in reversed(conditions):
        load, test = _instruction(_LD_W_ABS, offset), _instruction(_JEQ_K, value, if_false=len(block))
        block = [load, _instruction(_AND_K, mask), test, *block] if mask != _HALF else [load, test, *block]
    return block


def _instruction(code: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    # The kernel has eight bits for a jump; six conditions of five instructions fit well.
    return _INSTRUCTION.pack(code, if_true, if_false, value)
