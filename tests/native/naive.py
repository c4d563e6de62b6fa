"""Runs scripts in a plain Lua state of lupa's, without any jail: the control.

It takes a JSON object of scripts by name on stdin and prints one of how each ended: "done", the text of its error, or
"status" and how its process ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import NoReturn

from lupa.luajit21 import LuaError, LuaRuntime

SECONDS = 20


def main() -> None:
    """Run each script in a process of its own."""
    json.dump({name: ending(text) for name, text in json.load(sys.stdin).items()}, sys.stdout)


def ending(text: str) -> str:
    """Run a script; return how it ended."""
    ours, theirs = os.pipe()
    if (process := os.fork()) == 0:
        signal.alarm(SECONDS)
        run(text, theirs)
    os.close(theirs)
    with os.fdopen(ours) as answer:
        said = answer.read()
    _, status = os.waitpid(process, 0)
    return said or f"status {os.waitstatus_to_exitcode(status)}"


def run(text: str, answer: int) -> NoReturn:
    """Run a script in this process, and leave."""
    runtime = LuaRuntime(register_eval=False)
    runtime.execute("ffi = require('ffi') log = function() end")
    try:
        runtime.execute(text)
        os.write(answer, b"done")
    except LuaError as exc:
        os.write(answer, str(exc).partition("\n")[0].encode())
    os._exit(0)


if __name__ == "__main__":
    main()
