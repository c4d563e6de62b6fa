"""Running recipes of examples/cookbook where the registries that they name are on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from tests import images
from tests.regbot import once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.asking import Asking
    from tests.regbot import Ended

FOLDER: Final = Path(__file__).parents[2] / "examples" / "cookbook"
RECIPES: Final = sorted(path.name for path in FOLDER.glob("*.yml"))


def cook(recipe: str, hosts: Mapping[str, Asking], *words: str) -> Ended:
    """Run a recipe; *hosts* maps the registries that it names."""
    config = yaml.safe_load((FOLDER / recipe).read_text())
    config["creds"] = [{"registry": name, "hostname": at.host, "tls": "disabled"} for name, at in hosts.items()]
    return once(yaml.safe_dump(config), *words)


def fill(registry: Asking, repository: str, *tags: str) -> dict[str, str]:
    """Put another image under each tag, return tag to digest."""
    return {name: images.push(registry, repository, name, images.image(layers=[name.encode()])) for name in tags}


def logged(ended: Ended, message: str) -> list[Mapping[str, object]]:
    """Return the records that a script made by logger, of one message."""
    return [record for record in ended.records if record.get("message") == message]
