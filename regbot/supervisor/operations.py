"""The one table of operations: dispatch, allowlist, argument types, and the action each needs.

A new operation is one row and one short function.  A function gets a `Registry` from the gate and its parsed arguments;
it cannot know whether the registry is real or a dry run's overlay.  Results are values for the prelude
(sandbox/prelude/*.lua), which makes objects of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

import trio

from regbot.config.durations import InvalidDuration
from regbot.protocol.errors import WireError
from regbot.registry import images
from regbot.registry.errors import InvalidText, RegistryError
from regbot.registry.reference import Reference
from regbot.supervisor import arguments
from regbot.supervisor.arguments import Image, InvalidArgument, Parser

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.registry.manifest import Head, Manifest, RateLimit

POLL: Final = 5 * 60.0
"""Seconds between two looks at a rate limit."""
PATIENCE: Final = 6 * 60 * 60.0
"""Seconds to wait for a rate limit."""


class Action(Enum):
    """What an operation does to a repository; `NONE` asks nothing of a registry."""

    NONE = "none"
    LIST = "list"
    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the table.  *required* arguments must be there, those behind may be nil or missing."""

    run: Callable[..., Awaitable[Value]]
    takes: tuple[Parser, ...]
    required: int
    action: Action
    throttled: bool = False
    """Whether it waits for one of the `parallel` slots that all scripts share."""


class OperationFailed(Exception):
    """An operation cannot be done; its fields are what a script may know of the reason."""

    def __init__(self, message: str, cause: Exception) -> None:
        super().__init__(message)
        self.message, self.cause = message, cause

    def payload(self) -> Mapping[str, Value]:
        """Return the description for the child."""
        described: dict[str, Value] = {"message": self.message}
        if isinstance(self.cause, RegistryError):
            cause = self.cause
            known: dict[str, Value] = {
                "code": cause.code,
                "status": cause.status,
                "registry": cause.registry,
                "repository": cause.repository,
            }
            described |= {name: value for name, value in known.items() if value}
        return described


async def reference_new(_: Registry, name: str) -> Value:
    """Take a reference apart."""
    reference = Reference.parse(name)
    digest = str(reference.digest) if reference.digest else ""
    return {"repository": str(reference.repository), "tag": reference.tag, "digest": digest}


async def repo_ls(registry: Registry, host: str, options: Mapping[str, Value] | None = None) -> Value:
    """List the repositories of a registry."""
    limit, last = _page(options)
    return await registry.repositories(host, limit=limit, last=last)


async def tag_ls(registry: Registry, image: Image, options: Mapping[str, Value] | None = None) -> Value:
    """List the tags of a repository."""
    limit, last = _page(options)
    return await registry.tags(image.reference.repository, limit=limit, last=last)


async def tag_delete(registry: Registry, image: Image) -> Value:
    """Delete a tag, and no other that points at the same manifest."""
    if not image.reference.tag:
        raise InvalidArgument("which tag is to be deleted? (a manifest is deleted by manifest.delete)")
    await registry.delete_tag(image.reference)
    return None


async def manifest_get(registry: Registry, image: Image, platform: str | None = None) -> Value:
    """Return an image's manifest: of an index, that of the platform."""
    return _manifest(image, await images.resolve(registry, image.reference, platform))


async def manifest_get_list(registry: Registry, image: Image) -> Value:
    """Return a manifest as it is."""
    return _manifest(image, await registry.manifest(image.reference))


async def manifest_head(registry: Registry, image: Image) -> Value:
    """Return what a manifest is, without its body."""
    return _head(image, await registry.head(image.reference))


async def manifest_delete(registry: Registry, image: Image) -> Value:
    """Delete a manifest with every tag that points at it."""
    pinned = image.pinned
    if pinned.digest is None:
        pinned = pinned.at((await registry.head(image.reference)).descriptor.digest)
    await registry.delete_manifest(pinned)
    return None


async def image_config(registry: Registry, image: Image, platform: str | None = None) -> Value:
    """Return an image's configuration."""
    manifest, body = await images.config(registry, image.pinned, platform)
    return {"reference": str(image.reference), "digest": str(manifest.descriptor.digest), "body": body}


async def image_copy(
    registry: Registry, source: Image, target: Image, options: Mapping[str, Value] | None = None
) -> Value:
    """Copy an image, or an index with all that it holds."""
    chosen = options or {}
    for name in ("digestTags", "platforms"):
        if chosen.get(name):
            raise InvalidArgument(f'the option "{name}" is not in this version')
    await images.copy(
        registry,
        source.reference,
        target.reference,
        images.CopyOptions(
            force_recursive=arguments.boolean(chosen.get("forceRecursive", False)),
            include_external=arguments.boolean(chosen.get("includeExternal", False)),
        ),
    )
    return None


async def image_rate_limit_wait(
    registry: Registry, image: Image, limit: float, poll: float | None = None, patience: float | None = None
) -> Value:
    """Wait until the registry grants more than *limit* pulls; say whether it did in time.

    It is true at once where the registry tells no limit.  The run's own deadline ends the wait, too.  Times in seconds.
    """
    with trio.move_on_after(PATIENCE if patience is None else patience):
        while True:
            rate = (await registry.head(image.reference)).rate_limit
            if not rate.known or rate.remain >= limit:
                return True
            await trio.sleep(POLL if poll is None else poll)
    return False


_nil_or_text: Final = arguments.optional(arguments.text)
_page_options: Final = arguments.optional(arguments.options("limit", "last"))
_copy_options: Final = arguments.optional(
    arguments.options("digestTags", "forceRecursive", "includeExternal", "platforms")
)
_nil_or_duration: Final = arguments.optional(arguments.duration)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "reference.new": Operation(reference_new, (arguments.text,), 1, Action.NONE),
    "repo.ls": Operation(repo_ls, (arguments.text, _page_options), 1, Action.LIST),
    "tag.ls": Operation(tag_ls, (arguments.image, _page_options), 1, Action.LIST),
    "tag.delete": Operation(tag_delete, (arguments.image,), 1, Action.DELETE),
    "manifest.get": Operation(manifest_get, (arguments.image, _nil_or_text), 1, Action.PULL),
    "manifest.getList": Operation(manifest_get_list, (arguments.image,), 1, Action.PULL),
    "manifest.head": Operation(manifest_head, (arguments.image,), 1, Action.PULL),
    "manifest.delete": Operation(manifest_delete, (arguments.image,), 1, Action.DELETE),
    "image.config": Operation(image_config, (arguments.image, _nil_or_text), 1, Action.PULL, throttled=True),
    "image.copy": Operation(
        image_copy, (arguments.image, arguments.image, _copy_options), 2, Action.PUSH, throttled=True
    ),
    "image.ratelimitWait": Operation(
        image_rate_limit_wait,
        (arguments.image, arguments.number, _nil_or_duration, _nil_or_duration),
        2,
        Action.PULL,
    ),
}


def find(name: str) -> Operation:
    """Return a row of the table; WireError if there is none, because only a broken child asks for it."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise WireError(f"there is no operation {name[:80]!r}")
    return operation


def asks_nobody(name: str) -> bool:
    """Say whether an operation needs no registry, and so waits for nothing."""
    operation = OPERATIONS.get(name)
    return operation is not None and operation.action is Action.NONE


def parse(operation: Operation, given: Value) -> list[object]:
    """Return the arguments of a call as values; InvalidArgument or InvalidText says what is wrong with which."""
    if not isinstance(given, list) or len(given) > len(operation.takes):
        raise WireError(f"at most {len(operation.takes)} arguments were expected")
    missing = operation.required - len(given)
    padded = given + [None] * max(missing, 0)
    parsed: list[object] = []
    for position, (parser, value) in enumerate(zip(operation.takes, padded, strict=False), 1):
        try:
            parsed.append(parser(value))
        except (InvalidArgument, InvalidDuration) as exc:
            raise InvalidArgument(f"argument {position}: {exc}") from exc
    return parsed


def describe(name: str, given: Value) -> str:
    """Return an operation with the references it was called with, for an error's beginning."""
    shown: list[str] = []
    for value in given if isinstance(given, list) else ():
        reference = value.get("reference") if isinstance(value, Mapping) else value
        if isinstance(reference, bytes) and len(shown) < (2 if name == "image.copy" else 1):
            shown.append(f'"{reference[:200].decode("utf-8", "replace")}"')
    return " ".join([name, " to ".join(shown)]).rstrip()


FAULTS: Final = (RegistryError, InvalidText, InvalidArgument, InvalidDuration)
"""What a script may catch; everything else that an operation raises is our bug, or ends the run."""


def _page(options: Mapping[str, Value] | None) -> tuple[int, str]:
    chosen = options or {}
    limit = arguments.number(chosen.get("limit", 0))
    last = chosen.get("last", b"")
    return max(int(limit), 0), arguments.text(last)


def _manifest(image: Image, manifest: Manifest) -> Value:
    return {
        "reference": str(image.reference),
        "descriptor": _descriptor(manifest),
        "ratelimit": _rate_limit(manifest.rate_limit),
        "body": manifest.body,
    }


def _head(image: Image, head: Head) -> Value:
    return {
        "reference": str(image.reference),
        "descriptor": _descriptor(head),
        "ratelimit": _rate_limit(head.rate_limit),
    }


def _descriptor(of: Head | Manifest) -> Value:
    found = of.descriptor
    return {"mediaType": found.media_type, "digest": str(found.digest), "size": found.size}


def _rate_limit(rate: RateLimit) -> Value:
    return {
        "Set": rate.known,
        "Remain": rate.remain,
        "Limit": rate.limit,
        "Reset": rate.reset,
        "Policies": list(rate.policies),
    }
