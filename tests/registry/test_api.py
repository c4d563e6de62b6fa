from __future__ import annotations

import inspect

import pytest

from regbot.registry import api
from regbot.registry.layouts.layout import Layout
from regbot.registry.registries import Registries
from regbot.registry.remote.remote import Remote

METHODS = [name for name, _ in inspect.getmembers(api.Registry, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("kind", [Registries, Remote, Layout])
@pytest.mark.parametrize("name", METHODS)
def test_same_parameters(kind: type, name: str) -> None:
    """Whatever answers for a registry takes the same parameters."""
    wanted, found = (inspect.signature(getattr(each, name)).parameters for each in (api.Registry, kind))
    assert list(found) == list(wanted)
