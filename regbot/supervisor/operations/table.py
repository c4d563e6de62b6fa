"""The one table of operations: dispatch, allowlist, argument types, and the actions each needs.

A new operation is one row and one short function (api/).  A function gets a `Registry` from the gate and its parsed
arguments; it cannot know whether the registry is real or a dry run's overlay.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Flag, auto
from typing import TYPE_CHECKING, Final

from regbot.config.durations import InvalidDuration
from regbot.protocol.errors import WireError
from regbot.registry.errors import InvalidText, RegistryError
from regbot.supervisor.operations import arguments, options
from regbot.supervisor.operations.api import blob, image, manifest, module, reference, referrer, repo, tag
from regbot.supervisor.operations.arguments import InvalidArgument, Parser

if TYPE_CHECKING:
    from regbot.protocol.values import Value


class Action(Flag):
    """What an operation does to a repository, and whether it reads or writes a file as well; `NONE` asks nobody."""

    NONE = 0
    LIST = auto()
    PULL = auto()
    PUSH = auto()
    DELETE = auto()
    FILE = auto()


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the table.  *run* gets a value for each parser of *takes*, those for nil where the call has fewer.

    Besides it gets `files` where its action is with a file, `observer` where it reports, `meter` where it waits, and
    `modules` where it loads.
    """

    run: Callable[..., Awaitable[Value]]
    takes: tuple[Parser, ...]
    action: Action
    throttled: bool = False
    """Whether it waits for one of the `parallel` slots that all scripts share."""
    reports: bool = False
    """Whether it tells how far it is, or how it is done."""
    waits: bool = False
    """Whether it waits for a rate limit."""
    loads: bool = False
    """Whether it looks for modules."""
    takes_content: bool = False
    """Whether its arguments may hold content, so that only the limit of a message bounds them."""
    keeps_content: bool = False
    """Whether it may hold megabytes: of manifests while it is done, or of its result until that was sent."""
    between: str = ""
    """What stands between the first two arguments in an error; "" where the first says enough."""


_nil_or_text: Final = arguments.optional(arguments.text)
_nil_or_digest: Final = arguments.optional(arguments.digest)
_nil_or_count: Final = arguments.optional(arguments.count)
_nil_or_duration: Final = arguments.optional(arguments.duration)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "require": Operation(module.source, (arguments.text,), Action.NONE, loads=True, keeps_content=True),
    "reference.new": Operation(reference.new, (arguments.text,), Action.NONE),
    "referrer.ls": Operation(referrer.ls, (arguments.image, options.artifact_type), Action.PULL, keeps_content=True),
    "repo.ls": Operation(repo.ls, (arguments.text, options.page), Action.LIST, keeps_content=True),
    "tag.ls": Operation(tag.ls, (arguments.image, options.page), Action.LIST, keeps_content=True),
    "tag.delete": Operation(tag.delete, (arguments.image, options.missing_ok), Action.DELETE),
    "manifest.get": Operation(manifest.get, (arguments.image, _nil_or_text), Action.PULL, keeps_content=True),
    "manifest.getList": Operation(manifest.get_list, (arguments.image,), Action.PULL, keeps_content=True),
    "manifest.head": Operation(manifest.head, (arguments.image,), Action.PULL),
    "manifest.export": Operation(manifest.export, (arguments.source,), Action.NONE, takes_content=True),
    "manifest.put": Operation(
        manifest.put,
        (arguments.source, arguments.image),
        Action.PUSH,
        between="to",
        takes_content=True,
        keeps_content=True,
    ),
    "manifest.delete": Operation(manifest.delete, (arguments.image,), Action.DELETE),
    "blob.get": Operation(blob.head, (arguments.image, _nil_or_digest), Action.PULL),
    "blob.head": Operation(blob.head, (arguments.image, _nil_or_digest), Action.PULL),
    "blob.content": Operation(blob.content, (arguments.blob, _nil_or_count), Action.PULL, keeps_content=True),
    "blob.put": Operation(blob.put, (arguments.image, arguments.content), Action.PUSH, takes_content=True),
    "image.config": Operation(
        image.config, (arguments.image, _nil_or_text), Action.PULL, throttled=True, keeps_content=True
    ),
    "image.created": Operation(
        image.created, (arguments.image, _nil_or_text), Action.PULL, throttled=True, keeps_content=True
    ),
    "image.copy": Operation(
        image.copy,
        (arguments.image, arguments.image, options.copy),
        Action.PUSH,
        throttled=True,
        reports=True,
        keeps_content=True,
        between="to",
    ),
    "image.exportTar": Operation(
        image.export_tar,
        (arguments.image, arguments.text),
        Action.PULL | Action.FILE,
        throttled=True,
        keeps_content=True,
        between="to",
    ),
    "image.importTar": Operation(
        image.import_tar,
        (arguments.image, arguments.text),
        Action.PUSH | Action.FILE,
        throttled=True,
        reports=True,
        keeps_content=True,
        between="from",
    ),
    "image.ratelimitWait": Operation(
        image.rate_limit_wait,
        (arguments.image, arguments.number, _nil_or_duration, _nil_or_duration),
        Action.PULL,
        waits=True,
    ),
}

FAULTS: Final = (RegistryError, InvalidText, InvalidArgument, InvalidDuration)
"""What a script may catch; everything else that an operation raises is our bug, or ends the run."""


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


def find(name: str) -> Operation:
    """Return a row of the table; WireError if there is none, because only a broken child asks for it."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise WireError(f"there is no operation {name[:80]!r}")
    return operation


def answers_at_once(name: str) -> bool:
    """Say whether an operation asks no registry and has a small result: it waits for nothing, and needs no room."""
    operation = OPERATIONS.get(name)
    return operation is not None and operation.action is Action.NONE and not operation.keeps_content


def parse(operation: Operation, given: Value) -> list[object]:
    """Return the arguments of a call as values; InvalidArgument or InvalidText says what is wrong with which."""
    if not isinstance(given, list) or len(given) > len(operation.takes):
        raise WireError(f"at most {len(operation.takes)} arguments were expected")
    padded = given + [None] * (len(operation.takes) - len(given))
    parsed: list[object] = []
    for position, (parser, value) in enumerate(zip(operation.takes, padded, strict=True), 1):
        try:
            parsed.append(parser(value))
        except (InvalidArgument, InvalidDuration) as exc:
            raise InvalidArgument(f"argument {position}: {exc}") from exc
    return parsed


def describe(name: str, given: Value) -> str:
    """Return an operation with the references and files it was called with, for an error's beginning."""
    operation = OPERATIONS.get(name)
    between = operation.between if operation else ""
    shown: list[str] = []
    for value in given[: 2 if between else 1] if isinstance(given, list) else ():
        named = value.get("reference") if isinstance(value, Mapping) else value
        if isinstance(named, bytes):
            shown.append(f'"{named[:200].decode("utf-8", "backslashreplace")}"')
    return " ".join([name, f" {between} ".join(shown)]).rstrip()
