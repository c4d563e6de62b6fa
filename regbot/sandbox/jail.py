"""The jail of one child: a flat list of steps, none optional, none undone.

The order matters, and is explained at each step.  What a kernel may lack (Landlock, a change of identity) the launcher
has found out and reported before; here every error ends the child.
"""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING, Final, NamedTuple

from regbot.sandbox import kernel, landlock, privileges
from regbot.sandbox.pipe import PIPE_FD

if TYPE_CHECKING:
    from collections.abc import Callable

_LAST_FD: Final = (1 << 32) - 1
_SIGKILL: Final = 9

_NOTHING_OF: Final = (
    resource.RLIMIT_NPROC,
    resource.RLIMIT_NOFILE,
    resource.RLIMIT_FSIZE,
    resource.RLIMIT_MEMLOCK,
    resource.RLIMIT_MSGQUEUE,
    resource.RLIMIT_SIGPENDING,
    resource.RLIMIT_RTPRIO,
    resource.RLIMIT_NICE,
)
"""The stack is not among them: it counts as memory."""


class Plan(NamedTuple):
    """What all children of one launcher have in common.

    *launcher* is its process id, *filter_program* the compiled seccomp profile, *landlock_abi* the kernel's (0: none),
    *base_memory* the bytes of address space that a child has before its script comes.
    """

    launcher: int
    filter_program: bytes
    landlock_abi: int
    can_become_nobody: bool
    base_memory: int


class Limits(NamedTuple):
    """What one script may use: bytes of *memory*, seconds of *cpu* time (0: as much as it likes)."""

    memory: int
    cpu: int


class Cell(NamedTuple):
    """One child's jail: what it shares with the others, and what is its own."""

    plan: Plan
    limits: Limits


class JailError(Exception):
    """A step failed, so that the child must not live.  *step* is its place in STEPS, from 0."""

    def __init__(self, step: int, cause: Exception) -> None:
        super().__init__(f"{STEPS[step].__name__}: {cause}")
        self.step = step


def enter(cell: Cell) -> None:
    """Give up everything but PIPE_FD; JailError at the first step that fails, and the caller then ends the process."""
    for number, step in enumerate(STEPS):
        try:
            step(cell)
        except (OSError, ValueError, OverflowError) as exc:
            raise JailError(number, exc) from exc


def close_all_but_the_pipe(_: Cell) -> None:
    """First, so that nothing of the launcher (its control socket, its children) is there any more."""
    kernel.close_range(0, PIPE_FD - 1)
    kernel.close_range(PIPE_FD + 1, _LAST_FD)


def gain_nothing(_: Cell) -> None:
    """No exec may give privileges; Landlock and seccomp ask for this before they let an ordinary process in."""
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


def lose_files_and_ports(cell: Cell) -> None:
    """Before the limits, because it needs a descriptor for a moment."""
    landlock.deny_all(cell.plan.landlock_abi)


def lose_identity(cell: Cell) -> None:
    """After this the limit on processes counts: root would be exempt."""
    if cell.plan.can_become_nobody:
        privileges.become_nobody()


def lose_capabilities(_: Cell) -> None:
    """After the change of identity, which needs two of them."""
    privileges.drop_capabilities()


def hide(_: Cell) -> None:
    """No process of the same user may look into this one; the change of identity has reset what the launcher set."""
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)


def die_with_the_launcher(cell: Cell) -> None:
    """After the change of identity, which clears the signal; a launcher that died before is our parent no more.

    A parent outside of our process namespace has the number 0; there the launcher's end is the end of the namespace.
    """
    kernel.prctl(kernel.PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() not in {cell.plan.launcher, 0}:
        raise ProcessLookupError("the launcher has died")


def set_limits(cell: Cell) -> None:
    """After everything that opens or needs memory.  SIGXCPU ends the child; a second later SIGKILL does."""
    for limit in _NOTHING_OF:
        resource.setrlimit(limit, (0, 0))
    # Less than a page is no core file, and 1 alone keeps the kernel from piping one to a program: 0 does not (core(5)).
    _lower(resource.RLIMIT_CORE, 1, 1)
    if cell.limits.cpu:
        _lower(resource.RLIMIT_CPU, cell.limits.cpu, cell.limits.cpu + 1)
    memory = cell.plan.base_memory + cell.limits.memory
    _lower(resource.RLIMIT_AS, memory, memory)


def load_filter(cell: Cell) -> None:
    """Last: it forbids every call that was made above."""
    kernel.load_filter(cell.plan.filter_program)


STEPS: Final[tuple[Callable[[Cell], None], ...]] = (
    close_all_but_the_pipe,
    gain_nothing,
    lose_files_and_ports,
    lose_identity,
    lose_capabilities,
    hide,
    die_with_the_launcher,
    set_limits,
    load_filter,
)


def _lower(limit: int, soft: int, hard: int) -> None:
    """Set a limit, or leave the one that the operator has set lower still: it cannot be raised."""
    ceiling = resource.getrlimit(limit)[1]
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(limit, (soft, hard))
