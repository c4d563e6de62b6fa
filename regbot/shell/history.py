"""The lines of earlier sessions, in a file that nobody else may read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_LINES: Final = 1000
MAX_BYTES: Final = 1 << 20


def path(environ: Mapping[str, str]) -> Path | None:
    """Return where the history is, by the XDG Base Directory Specification; None where no home is known."""
    state, home = environ.get("XDG_STATE_HOME", ""), environ.get("HOME", "")
    # The specification says so: a relative path is to be ignored.
    if not state.startswith("/"):
        state = f"{home}/.local/state" if home.startswith("/") else ""
    return Path(state) / "regbot" / "history" if state else None


def read(file: Path) -> list[str]:
    """Return the lines, the oldest first; none if they cannot be read."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES)
    except OSError:
        return []
    return content.decode("utf-8", "surrogateescape").splitlines()[-MAX_LINES:]


def add(file: Path, lines: Sequence[str]) -> None:
    """Put lines behind those that are there by now, from other sessions too; what cannot be written is given up."""
    if not lines:
        return
    text = "".join(f"{line}\n" for line in [*read(file), *lines][-MAX_LINES:])
    content = text.encode("utf-8", "surrogateescape")[-MAX_BYTES:]
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        draft.replace(file)
