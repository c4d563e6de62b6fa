"""`regbot run SCRIPT.lua`: one script from a file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from regbot.commands import inputs, runs
from regbot.commands.status import UsageError
from regbot.config.loading import LONGEST_NAME

if TYPE_CHECKING:
    from argparse import Namespace

MAX_BYTES: Final = 1 << 20
"""Of a script.  It would be some 20,000 lines."""
STDIN: Final = "stdin"
"""The name of a script from standard input."""


def command(arguments: Namespace) -> int:
    """Run the script, return the exit status."""
    path = arguments.file
    if path == "-" == getattr(arguments, "config", None):
        raise UsageError("script and configuration cannot both come from standard input")
    if PurePath(path).suffix in {".yml", ".yaml"}:
        raise UsageError(f"{path} looks like a configuration: regbot once -c {path} runs its scripts")
    text = _text(path)
    log, written = inputs.open_log(arguments)
    config = inputs.optional_configuration(arguments, log)
    script = replace(config.plain, name=script_name(path), text=text)
    return runs.run_all(arguments, replace(config, scripts=(script,)), log, written)


def _text(path: str) -> str:
    content = inputs.read(path, "the script", MAX_BYTES)
    if len(content) > MAX_BYTES:
        raise UsageError(f"the script {path} is larger than {MAX_BYTES >> 20} MiB")
    try:
        return content.decode()
    except UnicodeDecodeError as exc:
        line = content[: exc.start].count(b"\n") + 1
        raise UsageError(f"{path}:{line}: not UTF-8: save the file in that encoding") from exc


def script_name(path: str) -> str:
    """Return the name of the file, with its ending, so that errors begin as those of compilers do."""
    if path == "-":
        return STDIN
    name = os.fsencode(PurePath(path).name).decode(errors="replace")
    return name.encode()[:LONGEST_NAME].decode(errors="ignore")
