"""The scripts of the cookbook."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

FOLDER: Final = Path(__file__).parents[2] / "examples" / "cookbook"


def recipe(name: str) -> str:
    """Return the script of a file with a link to that, and when it runs."""
    (script,) = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))["scripts"]
    when = f"`{script['schedule']}`" if "schedule" in script else "when somebody asks"
    return f"[{name}](../examples/cookbook/{name}), {when}:\n\n```lua\n{script['script'].rstrip()}\n```"
