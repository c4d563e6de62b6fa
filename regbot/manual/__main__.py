"""Prints docs/lua.md."""

from __future__ import annotations

import sys

from regbot.manual.page import page
from regbot.manual.reading import read

sys.stdout.write(page(read()))
