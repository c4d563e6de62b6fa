from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from regbot.sandbox import kernel
from regbot.sandbox.seccomp import ALLOW, AUDIT_ARCH, ERRNO, KILL_PROCESS
from tests.container import profiles
from tests.container.dangerous import DANGEROUS, DANGEROUS_X86_64
from tests.sandbox.bpf import simulate

ENOSYS: Final = ERRNO | 38
NUMBERS: Final = range(601)
ARGUMENTS: Final = ((), (1, 2, 3, 4, 5, 6), ((1 << 64) - 1,) * 6)
HEADER: Final = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
THREAD: Final = 0x3D0F00
FORK: Final = 0x1200011
HIGH: Final = 1 << 32

# Arguments that a filtered call is allowed with, and some that it is not.
CASES: Final[dict[str, tuple[list[tuple[int, ...]], list[tuple[int, ...]]]]] = {
    "clone": (
        [(THREAD,), (FORK,), (0x4111,), (17,)],
        [
            *((17 | 1 << bit,) for bit in (17, 25, 26, 27, 28, 29, 30)),  # each CLONE_NEW*
            (FORK | kernel.CLONE_NEWUSER,),
            (THREAD | 0x2000,),
        ],
    ),
    "clone3": ([], [(0, 88)]),
    "unshare": (
        [(flag,) for flag in (0x20000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)],
        [(0,), (0x02000000,), (0x80,), (0x10020000,), (0x10000000 | HIGH,), (0x200,)],
    ),
    "mount": (
        [(0, 0, 0, flags) for flags in (0x44000, 0xE, 0x2F)],
        [(0, 0, 0, flags) for flags in (0, 0x1000, 0x5000, 0x2000, 0x20, 0x2E, 0x21, 0xF, 0x100000, 0x44000 | HIGH)],
    ),
    "umount2": ([(0, 2)], [(0, 0), (0, 1), (0, 3), (0, 8)]),
    "socket": (
        [(1, 1), (2, 1, 6), (2, 2), (10, 1), (16, 3, 0)],
        [*((family, 3, 0) for family in (0, 3, 4, 9, 15, 17, 21, 29, 31, 38, 40, 44)), (16, 3, 12), (16, 3, 9)],
    ),
    "socketpair": ([(1, 1), (1, 5)], [(2, 1), (30, 1)]),
    "ioctl": (
        [(3, request) for request in (0x5451, 0x5421, 0x541B, 0x5401, 0x802C542A, 0x5413, 0x5402, 0x5403, 0x5404)],
        [(0, request) for request in (0x5412, 0x541C, 0x5410, 0x5423, 0x8912, 0x40049409, 0x5412 | HIGH, 0xAE01)],
    ),
    "prctl": (
        [(option,) for option in (1, 3, 4, 15, 22, 23, 24, 38, 39, 47)],
        [(option,) for option in (0, 8, 10, 26, 28, 35, 53, 55, 59, 0x59616D61)],
    ),
    "arch_prctl": ([(0x1002,)], [(0x1001,), (0x1012,), (0x4001,)]),
    "mmap": (
        [(0, 1, protection) for protection in (0, 1, 2, 3, 4, 5)],
        [(0, 1, protection) for protection in (6, 7, 0xE)],
    ),
    "mprotect": (
        [(0, 1, protection) for protection in (0, 1, 2, 3, 0x15)],
        [(0, 1, protection) for protection in (4, 5, 6, 7, 0x14, 0x17)],
    ),
    "kill": ([(5, 9), (-5 % (1 << 64), 9), (5, 0)], [(5, 15), (5, 19), (1, 1), (5, 9 | HIGH)]),
    "pidfd_send_signal": ([(3, 9)], [(3, 0), (3, 15), (3, 19)]),
    "keyctl": (
        [(1, 0), (0, (1 << 64) - 3, 0), (0, (1 << 32) - 3, 0)],
        [(1, 4096), (0, (1 << 64) - 3, 1), (0, (1 << 64) - 4, 0), (2,), (5,), (8,), (10,), (11,), (16,), (29,)],
    ),
}


@pytest.mark.parametrize("machine", profiles.MACHINES)
def test_every_number(machine: str) -> None:
    """Each number from 0 to 600 without a rule is refused as unknown, one with a plain rule is allowed."""
    compiled, known = profiles.program(machine), profiles.numbers(machine)
    named = {known[name] for name in profiles.names(profiles.read()) if name in known}
    filtered = {known[name] for name in CASES if name in known}
    for number in set(NUMBERS) - filtered:
        actions = {simulate(compiled, AUDIT_ARCH[machine], number, *given) for given in ARGUMENTS}
        assert actions == {ALLOW if number in named else ENOSYS}, number


@pytest.mark.parametrize("machine", profiles.MACHINES)
@pytest.mark.parametrize("name", CASES)
def test_arguments(name: str, machine: str) -> None:
    """A filtered call is allowed with the arguments that regbot uses, and refused with those an attacker would."""
    compiled, number = profiles.program(machine), profiles.numbers(machine).get(name)
    if number is None:
        assert (name, machine) == ("arch_prctl", "aarch64")
        return
    good, bad = CASES[name]
    assert {simulate(compiled, AUDIT_ARCH[machine], number, *given) for given in good} <= {ALLOW}
    assert {simulate(compiled, AUDIT_ARCH[machine], number, *given) for given in bad} == {ENOSYS}


def test_every_filter_has_cases() -> None:
    """No rule with arguments is left out above."""
    rules = profiles.read()["syscalls"]
    assert {name for rule in rules if "args" in rule or "errnoRet" in rule for name in rule["names"]} == {*CASES}


@pytest.mark.parametrize("machine", profiles.MACHINES)
def test_dangerous(machine: str) -> None:
    """What leads out of the container or deep into the kernel is refused, whatever the arguments."""
    compiled, known = profiles.program(machine), profiles.numbers(machine)
    for name in DANGEROUS + (DANGEROUS_X86_64 if machine == "x86_64" else ()):
        actions = {simulate(compiled, AUDIT_ARCH[machine], known[name], *given) for given in ARGUMENTS}
        assert actions == {ENOSYS}, name


@pytest.mark.parametrize("machine", profiles.MACHINES)
def test_foreign_architecture(machine: str) -> None:
    """A call of another architecture (i386's 32-bit entry, the other machine) kills."""
    compiled = profiles.program(machine)
    for foreign in {0x40000003, *AUDIT_ARCH.values()} - {AUDIT_ARCH[machine]}:
        assert {simulate(compiled, foreign, number) for number in NUMBERS} == {KILL_PROCESS}


def test_x32() -> None:
    """So does one by its number of x32."""
    compiled = profiles.program("x86_64")
    assert simulate(compiled, AUDIT_ARCH["x86_64"], 0x40000000) == KILL_PROCESS


def test_numbers_are_the_kernels() -> None:
    """The table of x86_64 says what this system's own headers say, as far as they go."""
    if not HEADER.exists():
        pytest.skip("no kernel headers of x86_64: apt-get install linux-libc-dev")
    found = {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", HEADER.read_text())}
    known = profiles.numbers("x86_64")
    both = known.keys() & found.keys()
    assert len(both) > 350
    assert {name: known[name] for name in both} == {name: found[name] for name in both}


def test_new_calls_have_one_number() -> None:
    """Since 2019 both machines count together: from 424 on their tables are the same."""
    newer = [{(name, n) for name, n in profiles.numbers(machine).items() if n >= 424} for machine in profiles.MACHINES]
    assert newer[0] == newer[1]
