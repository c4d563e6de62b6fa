"""`regbot version`: what this is, plain or by a Go template."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from regbot.commands.console import say
from regbot.commands.status import ExitStatus, UsageError
from regbot.version import facts

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping


def command(arguments: Namespace) -> int:
    """Print the version, return the exit status."""
    template = getattr(arguments, "format", None)
    say(_listed(facts()) if template is None else _rendered(template, facts()))
    return ExitStatus.SUCCESS


def _listed(found: Mapping[str, str]) -> str:
    width = max(map(len, found)) + 1
    return "\n".join(f"{name + ':':<{width}} {value}" for name, value in found.items())


def _rendered(template: str, found: Mapping[str, str]) -> str:
    from regbot.config.files import read_text  # noqa: PLC0415 -- hardly anybody gives a template
    from regbot.config.templates import TemplateError, render  # noqa: PLC0415 -- as above

    try:
        return render(template, environ=os.environ, read_file=read_text, data=found)
    except TemplateError as exc:
        raise UsageError(f"--format: {exc}") from exc
