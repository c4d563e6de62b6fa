"""Short ways to load a configuration in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.config.findings import ConfigError
from regbot.config.loading import Loaded, load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.config.model import Creds, Script

CANARY = "canary-5e1f"


def no_file(path: str) -> str:
    """Stand for a file system without files."""
    raise FileNotFoundError(2, "No such file or directory", path)


def loaded(text: str | bytes, environ: Mapping[str, str] | None = None) -> Loaded:
    """Load a text that is a configuration."""
    content = text.encode() if isinstance(text, str) else text
    return load(content, "regbot.yml", environ=environ or {}, read_file=no_file)


def faults(text: str | bytes, environ: Mapping[str, str] | None = None) -> list[str]:
    """Load a text that is no configuration; return what is wrong with it."""
    with pytest.raises(ConfigError) as caught:
        loaded(text, environ)
    return [str(finding) for finding in caught.value.findings]


def warnings(text: str) -> list[str]:
    """Load a text that is a configuration; return what its author is told."""
    return [str(finding) for finding in loaded(text).warnings]


def script(fields: str, defaults: str = "{}") -> Script:
    """Load one script, given as the inside of a flow map."""
    return loaded(f"defaults: {defaults}\nscripts: [{{name: a, {fields}}}]").config.scripts[0]


def creds(*entries: str) -> tuple[Creds, ...]:
    """Load entries of creds, each given as the inside of a flow map."""
    lines = "".join(f"  - {{{entry}}}\n" for entry in entries)
    return loaded(f"creds:\n{lines}").config.creds
