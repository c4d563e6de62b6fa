"""A build of the child that hands native code to scripts on purpose, to attack what is around Lua."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ENTRY: Final = Path(__file__).with_name("entry.py")
