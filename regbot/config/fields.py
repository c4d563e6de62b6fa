"""Every field of a configuration file: one definition for loading, hints, JSON Schema and docs/configuration.md.

Those of `creds` are in creds_fields.py.
"""

from __future__ import annotations

from typing import Final

from regbot.config import isolation, kinds, limits, modules
from regbot.config.creds_fields import CREDS
from regbot.config.sections import Field, Part, Section

VERSION: Final = Field(
    "version", kinds.VERSION, "Version of the file's form; above 1 is refused.", "version: 1", default="1"
)

MEMORY: Final = Field(
    "memory", limits.SIZE, "Memory that a script may take, 1MiB at least.", "memory: 256MiB", default="128MiB"
)
CPU: Final = Field(
    "cpu",
    limits.SECONDS,
    "CPU time that a run may take, in seconds; `90s` is understood as well. "
    "Regbot's own work for a script is not counted.",
    "cpu: 30",
    default="off",
)
LONGEST: Final = Field(
    "timeout", kinds.DURATION, "The most that a `timeout` may be, and that of a run without one.", "timeout: 1h"
)
OPERATIONS: Final = Field(
    "operations",
    limits.COUNT,
    "Operations that a run may call, those included that ask no registry, like `reference.new`.",
    "operations: 10000",
    default="off",
)
LOG_BYTES: Final = Field(
    "logBytes",
    limits.BYTES,
    "Bytes that a run may log; then one line says that the log was cut, and the run goes on. "
    "Each message counts 128 bytes more than its text and its fields. 0: nothing.",
    "logBytes: 4MiB",
    default="1MiB",
)
MESSAGE_BYTES: Final = Field(
    "messageBytes",
    limits.MESSAGE,
    "Bytes of one operation with its arguments, and of an answer; 64KiB to 1GiB.",
    "messageBytes: 4MiB",
    default="16MiB",
)
IN_FLIGHT: Final = Field(
    "inFlight",
    limits.FLIGHT,
    "Operations of a run that may be in flight together; the others wait.",
    "inFlight: 16",
    default="64",
)
LIMITS: Final = Section(
    "limits",
    "What a run may use.  The Go program has no such limits.",
    (MEMORY, CPU, LONGEST, OPERATIONS, LOG_BYTES, MESSAGE_BYTES, IN_FLIGHT),
)

REQUIRE: Final = Field(
    "require",
    isolation.REQUIRED,
    "Walls of the sandbox that must hold, or no script is run.",
    "require: [landlock, namespaces]",
    default=", ".join(isolation.ALWAYS),
)
ISOLATION: Final = Section(
    "isolation", "What has to hold of the sandbox (`regbot doctor` tells what does).", (REQUIRE,)
)

MODULES: Final = Field(
    "modules",
    modules.FOLDERS,
    "Folders of Lua modules for `require`: those of a script come first, then those of `defaults`, then those of the "
    "file. A relative path begins at the file's own folder.",
    "modules: [lib, /etc/regbot/lib]",
)

INTERVAL: Final = Field(
    "interval",
    kinds.DURATION,
    "Time between two runs in `regbot server`; the first comes one interval after the start.",
    "interval: 1h",
)
SCHEDULE: Final = Field(
    "schedule", kinds.SCHEDULE, "When `regbot server` runs a script; beats `interval`.", 'schedule: "15 2 * * *"'
)
JITTER: Final = Field(
    "jitter",
    kinds.DURATION,
    "Each start of `regbot server` is put off by a random time below this, so that not all scripts start at once.",
    "jitter: 5m",
    default="0s",
)
TIMEOUT: Final = Field(
    "timeout",
    kinds.DURATION,
    "Time after which a run is ended. `0s`: not set; negative: none.",
    "timeout: 10m",
    default="none",
)
PARALLEL: Final = Field(
    "parallel",
    kinds.INTEGER,
    "Heavy operations (`image.copy`, `image.config`, tars) at a time, of all scripts together. `once` runs the scripts "
    "one after another where it is not set, else all at once. Negative: not set.",
    "parallel: 4",
    default="1",
)
SKIP_DOCKER_CONFIG: Final = Field(
    "skipDockerConfig",
    kinds.FLAG,
    "Leave the credentials in Docker's configuration alone.",
    "skipDockerConfig: true",
    default="false",
)
USER_AGENT: Final = Field(
    "userAgent",
    kinds.TEXT,
    "The User-Agent of every request.",
    "userAgent: example-bot/1.0",
    default="the program's own",
)
BLOB_LIMIT: Final = Field(
    "blobLimit",
    kinds.INTEGER,
    "Bytes of a chunk that a registry may demand of an upload.",
    "blobLimit: 4194304",
    default="1073741824",
)

DEFAULTS: Final = Section(
    "defaults",
    "Settings of the program, and what holds for scripts that do not say it themselves.",
    (PARALLEL, INTERVAL, SCHEDULE, JITTER, TIMEOUT, MODULES, SKIP_DOCKER_CONFIG, USER_AGENT, BLOB_LIMIT),
    (Part("limits", LIMITS),),
)

NAME: Final = Field(
    "name",
    kinds.TEXT,
    "Name in the log and in errors; every script needs one, of at most 256 bytes. "
    "Two of one name both run, with a warning.",
    "name: prune",
)
SCRIPT_TEXT: Final = Field(
    "script", kinds.TEXT, "The Lua script. `{{…}}` is not expanded in it.", 'script: log("hello")'
)
SCRIPT: Final = Section(
    "script",
    "One script.",
    (NAME, SCRIPT_TEXT, INTERVAL, SCHEDULE, JITTER, TIMEOUT, MODULES),
    (Part("limits", LIMITS),),
    ("name",),
)

ROOT: Final = Section(
    "configuration",
    "A configuration of regbot.  Keys that begin with x- belong to the user.",
    (VERSION, MODULES),
    (
        Part("creds", CREDS, many=True),
        Part("defaults", DEFAULTS),
        Part("isolation", ISOLATION),
        Part("scripts", SCRIPT, many=True),
    ),
)
