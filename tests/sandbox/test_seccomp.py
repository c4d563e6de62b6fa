from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any, Final

import pytest

from regbot.sandbox import pipe
from regbot.sandbox.launcher import read_profile
from regbot.sandbox.seccomp import (
    ALLOW,
    AUDIT_ARCH,
    ERRNO,
    KILL_PROCESS,
    NUMBERS,
    PolicyError,
    Rule,
    compile_profile,
    rules,
)
from tests.sandbox.bpf import simulate

MACHINES: Final = sorted(NUMBERS)
FIRST_UNUSED: Final = 512
RW, ANONYMOUS = 3, 0x22
HIGH: Final = 1 << 32
"""A bit that the kernel ignores in a 32-bit argument, and that nobody honest sets."""

# Name, arguments, and what the profile says of them.
CASES: Final = [
    ("read", (3,), ALLOW),
    ("read", (0,), KILL_PROCESS),
    ("read", (4,), KILL_PROCESS),
    ("read", (3 | HIGH,), KILL_PROCESS),
    ("write", (3,), ALLOW),
    ("write", (1,), KILL_PROCESS),
    ("write", (2,), ERRNO | 9),
    ("write", (2 | HIGH,), KILL_PROCESS),
    ("brk", (1 << 47,), ALLOW),
    ("munmap", (4096, 4096), ALLOW),
    ("exit_group", (1,), ALLOW),
    ("mmap", (0, 4096, RW, ANONYMOUS, 0xFFFFFFFF, 0), ALLOW),
    ("mmap", (0, 4096, 7, ANONYMOUS), KILL_PROCESS),
    ("mmap", (0, 4096, 5, ANONYMOUS), KILL_PROCESS),
    ("mmap", (0, 4096, 0, ANONYMOUS), KILL_PROCESS),
    ("mmap", (0, 4096, RW, 0x21), KILL_PROCESS),
    ("mmap", (0, 4096, RW, ANONYMOUS | 0x10), KILL_PROCESS),
    ("mmap", (0, 4096, RW, 0x02), KILL_PROCESS),
    ("mmap", (0, 4096, RW | HIGH, ANONYMOUS), KILL_PROCESS),
    ("mmap", (0, 4096, RW, ANONYMOUS | HIGH), KILL_PROCESS),
    ("mremap", (4096, 4096, 8192, 0), ALLOW),
    ("mremap", (4096, 4096, 8192, 1), ALLOW),
    ("mremap", (4096, 4096, 8192, 3), KILL_PROCESS),
    ("mremap", (4096, 4096, 8192, 4), KILL_PROCESS),
    ("mremap", (4096, 4096, 8192, 1 | HIGH), KILL_PROCESS),
    ("futex", (4096, 129), ALLOW),
    ("futex", (4096, 128), KILL_PROCESS),
    ("futex", (4096, 1), KILL_PROCESS),
    ("clock_gettime", (2,), ALLOW),
    ("clock_gettime", (7,), ALLOW),
    ("clock_gettime", (8,), KILL_PROCESS),
    ("clock_gettime", ((1 << 64) - 6,), KILL_PROCESS),
    ("getrandom", (4096, 8), KILL_PROCESS),
]


def program(machine: str, **changes: object) -> bytes:
    """Compile the profile of the repository, with some top-level keys replaced."""
    return compile_profile({**read_profile(), **changes}, machine)


def one_rule(**entry: Any) -> dict[str, Any]:  # noqa: ANN401 -- a profile is JSON, right or wrong
    """Make a profile of one rule."""
    return {**read_profile(), "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "comment": "why", **entry}]}


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("name", "arguments", "action"), CASES)
def test_arguments(machine: str, name: str, arguments: tuple[int, ...], action: int) -> None:
    """Each call is judged by all 64 bits of the arguments that its rule names."""
    assert simulate(program(machine), AUDIT_ARCH[machine], NUMBERS[machine][name], *arguments) == action


@pytest.mark.parametrize("machine", MACHINES)
def test_all_other_numbers(machine: str) -> None:
    """Of all numbers in use, those without a rule kill, whatever the arguments are."""
    compiled, named = program(machine), {NUMBERS[machine][rule.name] for rule in rules(read_profile())}
    others = [number for number in range(FIRST_UNUSED) if number not in named]
    assert len(others) > 500
    for first in (0, 2, 3):
        actions = {simulate(compiled, AUDIT_ARCH[machine], number, first, 129, RW, ANONYMOUS) for number in others}
        assert actions == {KILL_PROCESS}


@pytest.mark.parametrize("machine", MACHINES)
def test_foreign_architecture(machine: str) -> None:
    """A call of another architecture kills: its numbers mean something else (here: i386, and the other machine)."""
    compiled = program(machine)
    for foreign in {0x40000003, *AUDIT_ARCH.values()} - {AUDIT_ARCH[machine]}:
        numbers = range(FIRST_UNUSED)
        assert {simulate(compiled, foreign, number, 3) for number in numbers} == {KILL_PROCESS}


def test_x32() -> None:
    """The x32 numbers kill, although x86_64's architecture is theirs, too."""
    compiled = program("x86_64", defaultAction="SCMP_ACT_ALLOW")
    assert simulate(compiled, AUDIT_ARCH["x86_64"], 0x40000000, 3) == KILL_PROCESS
    assert simulate(compiled, AUDIT_ARCH["x86_64"], 0x3FFFFFFF, 3) == ALLOW


def test_first_rule_wins() -> None:
    """Of two rules that match a call, the one that stands first decides."""
    first = {"names": ["brk"], "action": "SCMP_ACT_ERRNO", "errnoRet": 12, "comment": "why"}
    second = {"names": ["brk"], "action": "SCMP_ACT_ALLOW", "comment": "why"}
    assert simulate(program("x86_64", syscalls=[first, second]), AUDIT_ARCH["x86_64"], 12) == ERRNO | 12
    assert simulate(program("x86_64", syscalls=[second, first]), AUDIT_ARCH["x86_64"], 12) == ALLOW


def test_one_rule_of_two_names() -> None:
    """A rule says the same of each call that it names."""
    assert list(rules(one_rule(names=["read", "write"]))) == [
        Rule("read", ALLOW, ()),
        Rule("write", ALLOW, ()),
    ]


@pytest.mark.parametrize("comment", [{}, {"comment": ""}, {"comment": "  "}])
def test_rule_without_reason(comment: dict[str, str]) -> None:
    """A rule that gives no reason is refused, and named."""
    profile = copy.deepcopy(read_profile())
    del profile["syscalls"][0]["comment"]
    profile["syscalls"][0].update(comment)
    with pytest.raises(PolicyError, match="no reason given for read, write"):
        compile_profile(profile, "x86_64")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"names": ["openat"]}, "openat is no system call that a child could need"),
        ({"names": []}, "names no system call"),
        ({"action": "SCMP_ACT_LOG"}, "action SCMP_ACT_LOG"),
        ({"action": "SCMP_ACT_ERRNO"}, "errnoRet None"),
        ({"action": "SCMP_ACT_ERRNO", "errnoRet": 4096}, "errnoRet 4096"),
        ({"errnoRet": 1}, "errnoRet 1"),
        ({"includes": {"caps": []}}, "not understood: includes"),
        ({"args": [{"index": 0, "op": "SCMP_CMP_GT", "value": 1}]}, "not understood: argument"),
        ({"args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 1, "valueTwo": 2}]}, "not understood: argument"),
        ({"args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 1, "note": 1}]}, "not understood: note"),
        ({"args": [{"index": 6, "op": "SCMP_CMP_EQ", "value": 1}]}, "can never match"),
        ({"args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 1 << 64}]}, "can never match"),
        ({"args": [{"index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": 6, "valueTwo": 1}]}, "can never match"),
    ],
)
def test_not_understood(entry: dict[str, Any], message: str) -> None:
    """What cannot be enforced as it reads is an error that says what."""
    with pytest.raises(PolicyError, match=re.escape(message)):
        compile_profile(one_rule(**entry), "x86_64")


def test_unknown_machine() -> None:
    """There is no program for a machine whose numbers are not known."""
    with pytest.raises(PolicyError, match="not for riscv64"):
        compile_profile(read_profile(), "riscv64")


def test_unlisted_machine() -> None:
    """Nor is there one for a machine that the profile does not list."""
    with pytest.raises(PolicyError, match="not for aarch64"):
        program("aarch64", architectures=["SCMP_ARCH_X86_64"])


def test_unknown_key() -> None:
    """A key at the top that nothing reads (flags, say) is an error as well."""
    with pytest.raises(PolicyError, match="not understood: flags"):
        program("x86_64", flags=[])


@pytest.mark.parametrize("machine", MACHINES)
def test_size(machine: str) -> None:
    """The program is short: the kernel runs it at each call, and takes 4096 instructions at most."""
    assert len(program(machine)) // 8 < 100


def test_profile_is_the_one_in_seccomp() -> None:
    """The profile beside the code is the one in seccomp/, which operators look for."""
    root = Path(__file__).parents[2]
    assert (root / "regbot/sandbox/profile.json").resolve() == root / "seccomp/sandbox.json"


def test_profile_names_the_pipe() -> None:
    """The only descriptor that may be read is the pipe's."""
    places = [rule.arguments for rule in rules(read_profile()) if rule.name == "read"]
    assert [[(place, value) for place, _, value in arguments] for arguments in places] == [[(0, pipe.PIPE_FD)]]
