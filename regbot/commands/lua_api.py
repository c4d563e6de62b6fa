"""`regbot lua-api [FOLDER]`: the Lua API as definition files for editors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from regbot.commands.console import say
from regbot.commands.status import ExitStatus, UsageError
from regbot.manual import definitions

if TYPE_CHECKING:
    from argparse import Namespace


def command(arguments: Namespace) -> int:
    """Print the definitions as one file, or write them to a folder; return the exit status."""
    if arguments.folder is None:
        say(definitions.one().rstrip("\n"))
    else:
        _write(Path(arguments.folder))
    return ExitStatus.SUCCESS


def _write(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in definitions.several():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as exc:
        raise UsageError(f"cannot write {exc.filename}: {exc.strerror}") from exc
