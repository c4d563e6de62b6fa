"""Each wall of the sandbox, tried one after the other in children like the launcher's.

The process becomes what the launcher is (launcher.prepare), and then forks children that enter the real jail, or those
steps of it that one wall is about, and try what that forbids.  What they say, or how they die, is printed, a line a
wall (finding.py).  No script is ever run here, and no supervisor asks for a child.
"""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from regbot.sandbox import jail, kernel, launcher, lua, seccomp
from regbot.sandbox.examination import orphan, trials
from regbot.sandbox.examination.asking import Answer, ask
from regbot.sandbox.examination.finding import NEEDLESS, NO, UNKNOWN, YES, Finding
from regbot.sandbox.examination.surroundings import NAMESPACES, Surroundings
from regbot.sandbox.pipe import PIPE_FD
from regbot.sandbox.privileges import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from regbot.sandbox.layers import Layer

_STDIN: Final = 0
_BY_ABI: Final = ((1, "files"), (4, "TCP ports"), (6, "signals and abstract sockets"))
"""What Landlock knows, by the ABI that brought it."""


def run() -> None:
    """Print what is found."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    # Nothing else may come by the number that children speak through.
    os.dup2(_STDIN, PIPE_FD)
    prelude, profile = lua.read_prelude(), launcher.read_profile()
    around = Surroundings()
    plan, layers = launcher.prepare(profile)
    cell = jail.Cell(plan, jail.Limits(trials.MEMORY, trials.CPU))
    found = Examination(around, cell, {layer.name: layer for layer in layers}, lambda: lua.Script(prelude))
    for finding in found.findings(profile):
        print(finding, file=sys.stdout, flush=True)  # noqa: T201 -- that is how it is told


class Examination(NamedTuple):
    """What children are asked with: what there was before, their jail, what the launcher could have, a Lua state."""

    around: Surroundings
    cell: jail.Cell
    layers: Mapping[str, Layer]
    make_script: Callable[[], object]

    def findings(self, profile: Mapping[str, Any]) -> Iterator[Finding]:
        """Try every wall."""
        yield self._filter(profile)
        yield self._asked("no_new_privs", trials.no_new_privs)
        yield self._limits()
        yield self._landlock()
        yield from self._namespaces()
        yield self._nobody()
        yield self._asked("capabilities", trials.capabilities)
        yield self._asked("hidden", trials.hidden)
        yield self._asked("descriptors", trials.descriptors)
        yield _finding("parent_death", Answer(0, orphan.outlives(self.cell)))
        yield self._memory_of_code()

    def _asked(self, wall: str, trial: Callable[[jail.Cell], str]) -> Finding:
        return _finding(wall, ask(partial(trial, self.cell)))

    def _filter(self, profile: Mapping[str, Any]) -> Finding:
        control = ask(partial(trials.call_before_the_filter, self.cell))
        if control != Answer(0, trials.ALIVE):
            return Finding("seccomp", UNKNOWN, _end(control))
        ended = ask(partial(trials.forbidden_call, self.cell))
        if ended.status != -signal.SIGSYS:
            lived = "a forbidden system call was answered"
            return Finding("seccomp", NO, lived if ended.said == trials.ALIVE else _end(ended))
        allowed = {rule.name for rule in seccomp.rules(profile) if rule.action == seccomp.ALLOW}
        return Finding("seccomp", YES, f"{len(allowed)} are allowed, another one ended a child")

    def _limits(self) -> Finding:
        told = self._asked("limits", trials.limits)
        return told if told.holds != YES else self._asked("limits", trials.memory)

    def _landlock(self) -> Finding:
        abi = self.cell.plan.landlock_abi
        if not abi:
            return Finding("landlock", NO, self.layers["landlock"].detail)
        tried = self._asked("landlock", trials.landlock)
        if tried.holds != YES:
            return tried
        known = ", ".join(what for since, what in _BY_ABI if abi >= since)
        lacking = ", ".join(f"{what} (from ABI {since})" for since, what in _BY_ABI if abi < since)
        return tried._replace(detail=f"ABI {abi}: {known}" + (f"; not {lacking}" if lacking else ""))

    def _namespaces(self) -> Iterator[Finding]:
        now = ask(lambda: " ".join(f"{name}={number}" for name, number in self.around.namespaces_now().items()))
        inside = dict(pair.split("=") for pair in now.said.split()) if now.status == 0 else {}
        more = {"net": trials.network, "root": trials.root, "keyring": trials.session_keyring}
        for name in (*NAMESPACES, *more.keys() - NAMESPACES.keys()):
            if name in self.layers:
                yield self._cut_off(self.layers[name], inside.get(name), more.get(name))

    def _cut_off(self, layer: Layer, inside: str | None, trial: Callable[[Surroundings], str] | None) -> Finding:
        """Return whether a child is where the launcher says that it went, and finds what should be there."""
        if not layer.holds:
            needless = layer.name == "user" and self.around.user == 0
            return Finding(layer.name, NEEDLESS if needless else NO, layer.detail)
        outside = self.around.namespaces.get(layer.name)
        if str(outside) == inside:
            return Finding(layer.name, NO, "children are in the namespace of regbot")
        if trial is not None:
            return _finding(layer.name, ask(partial(trial, self.around)))
        return Finding(layer.name, YES if inside and outside else UNKNOWN, "" if inside else "/proc does not tell")

    def _nobody(self) -> Finding:
        found = self._asked("nobody", trials.nobody)
        if found.holds != YES or self.layers["nobody"].holds:
            return found
        if self.layers["user"].holds:
            # What a map of identities calls nobody is outside who it was.
            return found._replace(detail=f"in a user namespace; outside they are still user {self.around.user}")
        return Finding("nobody", NO, f"regbot itself is user {NOBODY}")

    def _memory_of_code(self) -> Finding:
        if self.around.proc < 0:
            return Finding("jit", UNKNOWN, "/proc does not tell")
        return _finding("jit", ask(partial(trials.executable_memory, self.around, self.make_script)))


def _finding(wall: str, answer: Answer) -> Finding:
    """Return what a trial that returns "" for success has shown."""
    holds = YES if answer == Answer(0, "") else NO
    return Finding(wall, holds, "" if holds == YES else _end(answer))


def _end(answer: Answer) -> str:
    if answer.status >= 0:
        return answer.said or f"a child ended with status {answer.status}"
    try:
        name = signal.Signals(-answer.status).name
    except ValueError:
        name = str(-answer.status)
    return answer.said or f"a child was killed by {name}"
