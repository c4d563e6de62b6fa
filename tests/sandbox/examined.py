"""An examination of a sandbox that has a flaw; started like regbot/sandbox/examination/__main__.py.

usage: python -I -S examined.py FLAW... -- FOLDER...

FLAW is the name of a step of the jail, which is left out, or of a function below.
"""

from __future__ import annotations

import os
import sys

end = sys.argv.index("--")
sys.path.extend(sys.argv[end + 1 :])

from regbot.sandbox import jail, kernel, lua  # noqa: E402 -- found only now
from regbot.sandbox.examination import examination, orphan  # noqa: E402 -- likewise


def another_user() -> None:
    """Be user 1000, who has just been started."""
    os.setgroups([])
    os.setresgid(1000, 1000, 1000)
    os.setresuid(1000, 1000, 1000)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)


def shown() -> None:
    """Let children be looked into."""
    replace("hide", lambda _: kernel.prctl(kernel.PR_SET_DUMPABLE, 1))


def more_memory() -> None:
    """Let children have four times the memory that they are told."""
    limit = jail.set_limits
    replace(
        "set_limits", lambda cell: limit(cell._replace(limits=jail.Limits(4 * cell.limits.memory, cell.limits.cpu)))
    )


def a_pretended_network() -> None:
    """Say that the network's namespace was left, and stay."""
    unshare = kernel.unshare
    kernel.unshare = lambda flag: unshare(flag & ~kernel.CLONE_NEWNET)


def a_compiler() -> None:
    """Have Lua compile what is hot."""

    def script(_: lua.Prelude) -> object:
        runtime = lua.new_runtime()
        runtime.execute(b"jit.on() local sum = 0 for i = 1, 1e5 do sum = sum + i % 7 end")
        return runtime

    vars(lua)["Script"] = script


def replace(name: str, *steps: object) -> None:
    """Put other steps in the place of one."""
    place = next(place for place, step in enumerate(jail.STEPS) if step.__name__ == name)
    vars(jail)["STEPS"] = (*jail.STEPS[:place], *steps, *jail.STEPS[place + 1 :])


# What should not outlive its launcher, and does, is waited for.
vars(orphan)["PATIENCE"] = 0.5
for flaw in sys.argv[1:end]:
    globals()[flaw]() if flaw in globals() else replace(flaw)
examination.run()
