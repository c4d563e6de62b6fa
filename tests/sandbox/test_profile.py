"""The compiled profile of a child, against another reading of the same JSON: every number, on both machines."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.sandbox.launcher import read_profile
from regbot.sandbox.seccomp import ALLOW, AUDIT_ARCH, ERRNO, KILL_PROCESS, NUMBERS, compile_profile
from tests.sandbox.bpf import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINES: Final = sorted(NUMBERS)
X32: Final = 0x40000000
ALL: Final = (1 << 64) - 1
FOREIGN: Final = (0, 1, 0x3E, 0x40000003, 0x4000003E, 0x80000000, 0xC0000015, 0xC00000F3, ALL >> 32)
"""Other architectures: none, i386 twice, a wrong bit for the size or the order of bytes, ppc64le, riscv64, all bits."""
ALLOWED: Final = {
    "read": 1,
    "write": 1,
    "brk": 0,
    "munmap": 0,
    "mmap": 2,
    "mremap": 1,
    "futex": 1,
    "clock_gettime": 1,
    "exit_group": 0,
}
"""Every call that a child may make, with how many of its arguments are looked at."""

# Where a comparison could go wrong: around what the profile names, around 32 bits, and both halves by turns.
EDGES: Final = sorted(
    {
        (base + step) & ALL
        for base in (0, 2, 3, 7, 8, 0x22, 0x32, 128, 129, 1 << 31, 1 << 32, 1 << 63, ALL, 3 << 32, 0x22 << 32)
        for step in (-1, 0, 1)
    }
    | {value | 1 << bit for value in (1, 2, 3, 0x22, 129) for bit in range(64)}
)


@cache
def program(machine: str) -> bytes:
    """Compile the profile."""
    return compile_profile(read_profile(), machine)


def reading(machine: str, number: int, arguments: tuple[int, ...]) -> int:
    """Say what the profile says of a call, straight from its JSON as the OCI specification reads it."""
    profile = read_profile()
    for rule in profile["syscalls"]:
        named = number in {NUMBERS[machine][name] for name in rule["names"]}
        if named and all(_meets(test, arguments[test["index"]]) for test in rule.get("args", [])):
            return _code(rule)
    return _code({"action": profile["defaultAction"]})


def _meets(test: dict[str, Any], value: int) -> bool:
    if test["op"] == "SCMP_CMP_EQ":
        return bool(value == test["value"])
    assert test["op"] == "SCMP_CMP_MASKED_EQ"
    return bool(value & test["value"] == test["valueTwo"])


def _code(rule: dict[str, Any]) -> int:
    codes = {"SCMP_ACT_ALLOW": ALLOW, "SCMP_ACT_KILL_PROCESS": KILL_PROCESS, "SCMP_ACT_ERRNO": ERRNO}
    return codes[rule["action"]] | int(rule.get("errnoRet", 0))


def boundaries(machine: str, name: str) -> Iterator[tuple[int, ...]]:
    """Yield arguments that meet the rules of a call, and those with one of them moved to each edge."""
    honest = [3, 129, 3, 0x22, 0, 0] if name == "mmap" else [3, 129, 4096, 1, 0, 0]
    for place in range(6):
        for value in EDGES:
            yield (*honest[:place], value, *honest[place + 1 :])


@pytest.mark.parametrize("machine", MACHINES)
def test_allowed_calls(machine: str) -> None:
    """A child may make nine calls, and of six of them an argument is looked at."""
    rules = [rule for rule in read_profile()["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"]
    assert {name: len(rule.get("args", [])) for rule in rules for name in rule["names"]} == ALLOWED
    assert len(ALLOWED) == 9
    assert sum(map(bool, ALLOWED.values())) == 6


@pytest.mark.parametrize("machine", MACHINES)
def test_every_number(machine: str) -> None:
    """No number but those of the allowed calls ever passes, whatever its arguments are."""
    passed = {
        number
        for number in (*range(1 << 11), 1 << 15, 1 << 16, 1 << 29, (1 << 30) - 1)
        for arguments in ((0,) * 6, (3, 129, 3, 0x22, 0, 0), (2, 129, 3, 1, 0, 0), (ALL,) * 6)
        if simulate(program(machine), AUDIT_ARCH[machine], number, *arguments) != KILL_PROCESS
    }
    assert passed == {NUMBERS[machine][name] for name in ALLOWED}


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_of_x32_and_negative_ones(machine: str) -> None:
    """Numbers with any of the two highest bits kill."""
    for number in (*range(1 << 10), *NUMBERS[machine].values()):
        for bits in (X32, 0x80000000, 0xC0000000):
            signed = (number | bits) - ((number | bits) >> 31 << 32)
            assert simulate(program(machine), AUDIT_ARCH[machine], signed, 3, 129, 3, 0x22) == KILL_PROCESS


@pytest.mark.parametrize("machine", MACHINES)
def test_every_other_architecture(machine: str) -> None:
    """What does not come as a call of this machine kills."""
    others = {*FOREIGN, *AUDIT_ARCH.values(), *(AUDIT_ARCH[machine] ^ 1 << bit for bit in range(32))}
    for architecture in others - {AUDIT_ARCH[machine]}:
        for number in range(1 << 9):
            assert simulate(program(machine), architecture, number, 3, 129, 3, 0x22) == KILL_PROCESS


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", ALLOWED)
def test_boundaries(machine: str, name: str) -> None:
    """At every edge of every argument the program says what the profile says."""
    number = NUMBERS[machine][name]
    seen = set()
    for arguments in boundaries(machine, name):
        action = simulate(program(machine), AUDIT_ARCH[machine], number, *arguments)
        assert action == reading(machine, number, arguments), arguments
        seen.add(action)
    assert ALLOW in seen
    assert (KILL_PROCESS in seen) == bool(ALLOWED[name])


WORDS: Final = st.sampled_from(EDGES) | st.integers(0, ALL)


@given(
    machine=st.sampled_from(MACHINES),
    number=st.sampled_from(sorted({n for numbers in NUMBERS.values() for n in numbers.values()}))
    | st.integers(0, 1023),
    arguments=st.tuples(WORDS, WORDS, WORDS, WORDS, WORDS, WORDS),
)
def test_any_call(machine: str, number: int, arguments: tuple[int, ...]) -> None:
    """Whatever the call, the program says what the profile says."""
    action = simulate(program(machine), AUDIT_ARCH[machine], number, *arguments)
    assert action == reading(machine, number, arguments)
