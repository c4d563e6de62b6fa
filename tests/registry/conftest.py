"""Registries of both kinds: real ones, and models."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest

from tests import images
from tests.model.access import Basic
from tests.model.options import Options
from tests.model.registry import ModelRegistry
from tests.model.served import Served
from tests.registry.either import IMAGE, Serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.asking import Asking
    from tests.conftest import MakeRegistry


class MakeEither(Protocol):
    """Starts a registry, real or not; it ends with the test."""

    def __call__(self, *, delete: bool = True, users: dict[str, str] | None = None) -> Asking:
        """Return a running registry with nothing in it."""
        ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve on loopback, until the test ends."""
    with ExitStack() as stack:
        yield lambda answerer: stack.enter_context(Served(answerer))


@pytest.fixture(params=["docker-registry", "model"])
def make_either(request: pytest.FixtureRequest, make_registry: MakeRegistry, serve: Serve) -> MakeEither:
    """Start registries, for each test once real ones and once models."""

    def make(*, delete: bool = True, users: dict[str, str] | None = None) -> Asking:
        if request.param == "docker-registry":
            return make_registry(delete=delete, users=users)
        made = serve(ModelRegistry(Options(deletes=delete, access=Basic(users) if users else None)))
        made.users = users or {}
        return made

    return make


@pytest.fixture
def either(make_either: MakeEither) -> Asking:
    """Start a registry that has the image as team/app:v1."""
    made = make_either()
    images.push(made, "team/app", "v1", IMAGE)
    return made
