"""A configuration file's bytes as a Config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from regbot.config import fields
from regbot.config.creds import merged_creds
from regbot.config.document import NotYaml, compose
from regbot.config.files import read_text
from regbot.config.findings import ConfigError, Finding, Report
from regbot.config.model import Config, Defaults, Isolation, Limits, Script
from regbot.config.modules import ReadFolder, Shelf, nothing
from regbot.config.nodes import Scalar
from regbot.config.reading import Entry, Reader
from regbot.config.spans import check_jitter, check_signs, jitter_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regbot.config.nodes import Node
    from regbot.config.sections import Field

T = TypeVar("T")

LONGEST_NAME: Final = 256
"""Bytes of a script's name."""
_EMPTY: Final = Scalar(1, "")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be used, and what its author may want to know of it."""

    config: Config
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """What could be read of a configuration, which is all of it if there are no *errors*."""

    config: Config
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    tree: Node | None = None
    """What is written in the file; None if that is nothing, or no YAML."""


def load(
    content: bytes,
    name: str,
    *,
    environ: Mapping[str, str],
    read_file: Callable[[str], str] = read_text,
    read_folder: ReadFolder = nothing,
) -> Loaded:
    """Return the configuration in *content*; *name* is what findings call the file.

    ConfigError with everything that is wrong if it cannot be used.  Templates see *environ*, and files through
    *read_file* (OSError or ValueError where one cannot be read); *read_folder* reads folders of modules.
    """
    found = examine(content, name, environ=environ, read_file=read_file, read_folder=read_folder)
    if found.errors:
        raise ConfigError(found.errors, found.warnings)
    return Loaded(found.config, found.warnings)


def examine(
    content: bytes,
    name: str,
    *,
    environ: Mapping[str, str],
    read_file: Callable[[str], str] = read_text,
    read_folder: ReadFolder = nothing,
) -> Examined:
    """Return what `load` returns or raises, and of a configuration with errors what could be read."""
    report = Report(name)

    def expand(text: str) -> str:
        from regbot.config.templates import render  # noqa: PLC0415 -- most files have no template

        return render(text, environ=environ, read_file=read_file)

    try:
        tree = compose(content, report)
    except NotYaml as exc:
        report.error(exc.line, exc.message)
        tree = None
    root = Reader(report, expand).section(fields.ROOT, tree or _EMPTY)
    config = _config(root, Shelf(read_folder, report), report)
    return Examined(config, report.errors, report.warnings, tree)


def _config(root: Entry, shelf: Shelf, report: Report) -> Config:
    defaults = root.part("defaults")
    scripts = root.parts.get("scripts", ())
    _check_names(scripts, report)
    check_signs((defaults, *scripts), report)
    version = root.get(fields.VERSION)

    def script(entry: Entry) -> Script:
        places = (place for level in (entry, defaults, root) for place in level.get(fields.MODULES) or ())
        return _script(entry, defaults, shelf.modules(places))

    found = tuple(map(script, scripts))
    for each, entry in zip(found, scripts, strict=True):
        check_jitter(each, entry, defaults, report)
    return Config(
        version=1 if version is None else version,
        creds=merged_creds(root.parts.get("creds", ()), report),
        defaults=_defaults(defaults),
        scripts=found,
        isolation=Isolation(root.part("isolation").get(fields.REQUIRE) or ()),
        plain=script(Entry(1, {}, {}, {})),
    )


def _defaults(entry: Entry) -> Defaults:
    return Defaults(
        parallel=max(0, entry.get(fields.PARALLEL) or 0),
        skip_docker_config=entry.get(fields.SKIP_DOCKER_CONFIG) or False,
        user_agent=entry.get(fields.USER_AGENT) or "",
        blob_limit=max(0, entry.get(fields.BLOB_LIMIT) or 0),
    )


def _script(entry: Entry, defaults: Entry, modules: Mapping[str, bytes]) -> Script:
    # 0s is not set; below zero is set to none.
    timeout = entry.get(fields.TIMEOUT) or defaults.get(fields.TIMEOUT) or 0
    own_interval = _interval(entry)
    schedule = entry.get(fields.SCHEDULE)
    if schedule is None and own_interval is None:
        schedule = defaults.get(fields.SCHEDULE)
    limits = _limits(entry.part("limits"), defaults.part("limits"))
    node = entry.nodes.get("script")
    return Script(
        name=entry.get(fields.NAME) or "",
        text=entry.get(fields.SCRIPT_TEXT) or "",
        line=entry.line_of("script"),
        timeout=_least(timeout if timeout > 0 else None, limits.timeout),
        schedule=schedule,
        interval=None if schedule else own_interval or _interval(defaults),
        jitter=jitter_of(entry, defaults),
        limits=limits,
        in_block=isinstance(node, Scalar) and node.style == "|",
        modules=modules,
    )


def _limits(own: Entry, usual: Entry) -> Limits:
    """Return the limits of a script: its own one by one, else those of the defaults."""

    def get(field: Field[T]) -> T | None:
        # A limit that is off is 0, and beats one that is not.
        found = own.get(field)
        return usual.get(field) if found is None else found

    longest = get(fields.LONGEST) or 0
    log_bytes = get(fields.LOG_BYTES)
    standard = Limits()
    return Limits(
        memory=get(fields.MEMORY) or standard.memory,
        cpu=get(fields.CPU) or None,
        timeout=longest if longest > 0 else None,
        operations=get(fields.OPERATIONS) or None,
        log_bytes=standard.log_bytes if log_bytes is None else log_bytes,
        message_bytes=get(fields.MESSAGE_BYTES) or standard.message_bytes,
        in_flight=get(fields.IN_FLIGHT) or standard.in_flight,
    )


def _least(*limits: float | None) -> float | None:
    """Return the least of the limits that there are."""
    return min((limit for limit in limits if limit is not None), default=None)


def _interval(entry: Entry) -> float | None:
    interval = entry.get(fields.INTERVAL) or 0
    return interval if interval > 0 else None


def _check_names(scripts: tuple[Entry, ...], report: Report) -> None:
    first: dict[str, int] = {}
    for entry in scripts:
        name = entry.get(fields.NAME)
        if not name:
            if name == "" or "name" not in entry.nodes:
                report.error(entry.line, "a script without a name; every script needs one")
            continue
        line = entry.line_of("name")
        if len(name.encode()) > LONGEST_NAME:
            report.error(line, f"name: it is longer than {LONGEST_NAME} bytes")
        if name in first:
            report.warn(line, f'a second script is called "{name}", like that of line {first[name]}; both run')
        first.setdefault(name, line)
