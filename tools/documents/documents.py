"""Documents with parts that are made of the code: between a comment `made: MAKER ARGUMENT` and one `end of made`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regbot.manual import page, reading
from tools.documents import command_line, configuration, metrics, recipes

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT: Final = Path(__file__).parents[2]
_PART: Final = re.compile(r"(<!-- made: (\w+)(?: (\w[^\n]*?))? -->\n).*?(<!-- end of made -->)", re.DOTALL)
_MAKERS: Final[dict[str, Callable[[str], str]]] = {
    "commands": command_line.commands,
    "fields": configuration.fields,
    "metrics": metrics.metrics,
    "options": command_line.options,
    "recipe": recipes.recipe,
}


def documents() -> dict[Path, str]:
    """Return every document that is made, or has a part that is, as it should be."""
    made = {ROOT / "docs" / "lua.md": page.page(reading.read())}
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]):
        text = path.read_text(encoding="utf-8")
        if path not in made and _PART.search(text):
            made[path] = _PART.sub(_filled, text)
    return made


def _filled(part: re.Match[str]) -> str:
    begin, maker, argument, end = part.groups()
    return f"{begin}\n{_MAKERS[maker](argument or '')}\n\n{end}"
