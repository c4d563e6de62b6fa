"""Go templates (text/template) for the texts of a configuration and for `regbot version --format`.

What is there: text, pipelines, variables, if, else, with, range, comments, trim markers, every literal, fields, and the
functions of regbot/config/gotemplate/functions.py.  What Go has beyond that (define, template, block, break, continue,
call, js, complex numbers) is an error that names it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from regbot.config.gotemplate.errors import TemplateError
from regbot.config.gotemplate.evaluate import SHORT_CIRCUITS, Evaluator
from regbot.config.gotemplate.functions import World, functions_of
from regbot.config.gotemplate.parser import parse
from regbot.config.gotemplate.values import Missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["TemplateError", "render"]


def _now() -> datetime:
    return datetime.now(UTC).astimezone()


def render(
    text: str,
    *,
    environ: Mapping[str, str],
    read_file: Callable[[str], str],
    data: object = None,
    now: Callable[[], datetime] = _now,
) -> str:
    """Return what the template *text* makes of *data*, a mapping or a dataclass (None: there is no data).

    *read_file* raises OSError where a file cannot be read, ValueError where it is no text.  TemplateError if the
    template cannot be read or evaluated, or if it names a variable of the environment or a file that is not there and
    no `default` takes its place.  No error holds a string of the template or a value.
    """
    if "{{" not in text:
        return text
    functions = functions_of(World(environ, read_file, now))
    tree = parse(text, {*functions, *SHORT_CIRCUITS})
    there = Missing("there is no data here that . could mean") if data is None else data
    return Evaluator(text, functions, there).run(tree)
