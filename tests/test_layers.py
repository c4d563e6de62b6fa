"""The table of ARCHITECTURE.md: which part of regbot may load which other part, and which libraries."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import regbot

ROOT: Final = Path(regbot.__file__).parent
LIBRARIES: Final = frozenset(
    {"croniter", "httpx", "hypercorn", "lark", "loguru", "lupa", "msgpack", "msgspec", "prometheus_client", "rich"}
    | {"shtab", "starlette", "trio", "yaml"}
)
LAYERS: Final = (
    "check cli command_line commands config manual nearest plain protocol registry sandbox shell supervisor web"
)
OWN: Final = frozenset(f"regbot.{name}" for name in LAYERS.split())

ABOVE_SUPERVISOR: Final = frozenset(
    {"regbot.check", "regbot.cli", "regbot.command_line", "regbot.commands", "regbot.plain", "regbot.sandbox"}
    | {"regbot.shell", "regbot.web"}
    | {"hypercorn", "lark", "lupa", "msgspec", "rich", "shtab", "starlette"}
)

ALLOWED: Final = {
    "regbot.protocol": {"regbot.protocol", "msgpack"},
    "regbot.config": {"regbot.config", "regbot.nearest", "regbot.registry", "yaml"},
    "regbot.check": {"regbot.check", "regbot.manual", "regbot.nearest", "lark"},
    "regbot.manual": {"regbot.manual"},
    "regbot.nearest": {"regbot.nearest"},
    "regbot.plain": {"regbot.plain"},
    "regbot.sandbox": {"regbot.sandbox", "lupa"},
    "regbot.registry": {"regbot.registry", "httpx", "trio"},
    "regbot.supervisor": (OWN | LIBRARIES) - ABOVE_SUPERVISOR - {"regbot.manual"},
    "regbot.shell": (OWN | LIBRARIES) - ABOVE_SUPERVISOR | {"regbot.plain", "regbot.shell"},
    "regbot.web": {
        "regbot.web",
        "regbot.protocol",
        "regbot.registry",
        "regbot.supervisor",
        "hypercorn",
        "msgspec",
        "prometheus_client",
        "starlette",
        "trio",
    },
    "regbot.commands": (OWN | LIBRARIES) - {"regbot.cli", "regbot.command_line", "regbot.sandbox", "lupa"},
    "regbot.cli": {"regbot.cli", "regbot.command_line", "regbot.commands"},
    "regbot.command_line": {"regbot.command_line"},
}
"""What importing the whole of a layer may load, of us and of the libraries."""

FOLDERS: Final = {
    "auth": {"http"},
    "copying": set(),
    "files": set(),
    "http": {"auth"},
    "layouts": {"files"},
    "remote": {"http"},
    "tars": {"copying", "files", "layouts"},
}
"""The folders of the registry layer: which of the others each may import."""

LOAD: Final = """
import importlib, pkgutil, sys
sys.modules["click"] = None  # where httpx finds it and rich, it loads both for a command line of its own
top = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(getattr(top, "__path__", []), top.__name__ + "."):
    if not module.name.endswith(".__main__"):  # that would start it
        importlib.import_module(module.name)
print(*sys.modules)
"""


def loaded(layer: str) -> set[str]:
    """Import every module of *layer* in a fresh interpreter, return the names of all that was loaded for it."""
    command = [sys.executable, "-c", LOAD, layer]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def parts(modules: set[str]) -> set[str]:
    """Return the layers and the libraries that *modules* belong to."""
    layers = {layer for layer in OWN for module in modules if f"{module}.".startswith(f"{layer}.")}
    return layers | {module.split(".")[0] for module in modules} & LIBRARIES


def imported(path: Path) -> set[str]:
    """Return the modules from which a file imports anything."""
    return {node.module or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("layer", sorted(ALLOWED))
def test_layer(layer: str) -> None:
    """Importing a whole layer loads nothing that the table does not grant it."""
    modules = loaded(layer)
    assert layer in modules
    assert parts(modules) <= ALLOWED[layer]


def test_cli_loads_no_command() -> None:
    """The command line alone imports no command, and so nothing that only some of them need."""
    commands = {module for module in loaded("regbot.cli") if module.startswith("regbot.commands.")}
    assert commands == {"regbot.commands.status"}


def test_config_knows_only_values_of_registry() -> None:
    """The configuration takes values from the registry layer, and no client: neither httpx nor trio."""
    assert not {"httpx", "trio"} & loaded("regbot.config")


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_folder(folder: str) -> None:
    """A folder of the registry layer imports no other than the table grants it, not even for types."""
    named = {name for path in (ROOT / "registry" / folder).glob("*.py") for name in imported(path)}
    others = {name.split(".")[2] for name in named if name.startswith("regbot.registry.")} & FOLDERS.keys()
    assert folder in others
    assert others - {folder} <= FOLDERS[folder]


def test_every_folder() -> None:
    """No folder of the registry layer is missing in the table."""
    assert {path.parent.name for path in (ROOT / "registry").glob("*/__init__.py")} == FOLDERS.keys()


def test_parts_are_told_apart() -> None:
    """The check itself finds a layer and a library among the loaded modules, and no other."""
    assert parts({"regbot", "regbot.registry.errors", "lupa.luajit21", "registry", "json"}) == {
        "regbot.registry",
        "lupa",
    }


@pytest.mark.parametrize("path", sorted(ROOT.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_packages_import_nothing(path: Path) -> None:
    """An __init__.py imports nothing, so that importing a module loads nothing beside it."""
    imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imports == []
