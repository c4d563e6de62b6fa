"""The file of `--report`: it appears whole or not at all, and one that cannot be is told of before anything runs."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from regbot.commands.status import UsageError

STDOUT: Final = "-"


class ReportFile:
    """Where a report goes; UsageError if nothing could be written there."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._device = path != STDOUT and _is_device(path)
        """Whether it is a pipe or a device, which is written as it is."""
        # A symlink stays one.
        self._target = Path(os.path.realpath(path))
        try:
            self._try()
        except OSError as exc:
            name = path or "a file without a name"
            raise UsageError(f"--report: {name} cannot be written: {exc.strerror}; nothing was run") from exc

    @property
    def is_stdout(self) -> bool:
        """Whether it is standard output, so that nothing else should be written there."""
        return self._path == STDOUT

    def write(self, content: bytes) -> None:
        """Write it; OSError if that cannot be, and then what was there before is there still."""
        if self.is_stdout:
            sys.stdout.write(content.decode())
            sys.stdout.flush()
        elif self._device:
            Path(self._path).write_bytes(content)
        else:
            self._replace(content)

    def _try(self) -> None:
        if self.is_stdout or self._device:
            return
        if self._target.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        draft = self._draft()
        draft.touch(exist_ok=False)
        draft.unlink()

    def _replace(self, content: bytes) -> None:
        draft = self._draft()
        try:
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._target)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise

    def _draft(self) -> Path:
        return self._target.with_name(f".regbot-report-{secrets.token_hex(8)}")


def _is_device(path: str) -> bool:
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
