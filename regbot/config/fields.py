"""Every field of a configuration file: one definition for loading, hints, JSON Schema and the test of the docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from regbot.config import access, isolation, kinds, modules

_T_co = TypeVar("_T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Field(Generic[_T_co]):
    """One key with a value.  *default* is for readers ("": none); *deprecated* says what to write instead."""

    key: str
    kind: kinds.Kind[_T_co]
    about: str
    default: str = ""
    templated: bool = False
    deprecated: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A map of the file: its values and the sections within.  *noun* is what a message calls one of it."""

    noun: str
    about: str
    fields: tuple[Field[object], ...]
    parts: tuple[Part, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that has a meaning here."""
        return (*(field.key for field in self.fields), *(part.key for part in self.parts))


@dataclass(frozen=True, slots=True)
class Part:
    """A key that holds a section, or with *many* a list of them."""

    key: str
    section: Section
    many: bool = False


VERSION: Final = Field("version", kinds.VERSION, "Version of the file's form; above 1 is refused.", default="1")

REGISTRY: Final = Field(
    "registry",
    kinds.TEXT,
    "Name of the registry in references: host and port, docker.io for Docker Hub.",
    templated=True,
)
HOSTNAME: Final = Field("hostname", access.HOST, "Host and port to connect to.", default="the registry's name")
USER: Final = Field("user", access.USER, "User name.", templated=True)
PASS: Final = Field("pass", access.PASSWORD, "Password.", templated=True)
TOKEN: Final = Field("token", access.PASSWORD, "Identity token, instead of user and password.")
CRED_HELPER: Final = Field(
    "credHelper", access.PROGRAM, "Program that is asked for user and password (docker-credential-…)."
)
CRED_EXPIRE: Final = Field("credExpire", kinds.DURATION, "How long an answer of the helper is kept.", default="1h")
CRED_HOST: Final = Field("credHost", kinds.TEXT, "What the helper is asked for.", default="the hostname")
TLS: Final = Field(
    "tls", kinds.TLS, "enabled: https; insecure: https with any certificate; disabled: http.", default="enabled"
)
REGCERT: Final = Field("regcert", kinds.TEXT, "Certificates (PEM) that are trusted for this registry.", templated=True)
CLIENT_CERT: Final = Field("clientCert", kinds.TEXT, "Certificate (PEM) that is shown to the registry.", templated=True)
CLIENT_KEY: Final = Field("clientKey", kinds.SECRET, "Key (PEM) of clientCert.", templated=True)
PATH_PREFIX: Final = Field("pathPrefix", access.PATH, "Goes before the name of every repository of this registry.")
MIRRORS: Final = Field("mirrors", access.REGISTRIES, "Names of registries that are read from before this one.")
PRIORITY: Final = Field("priority", kinds.NATURAL, "Order among mirrors, the highest first.", default="0")
REPO_AUTH: Final = Field(
    "repoAuth",
    kinds.FLAG,
    "Ask each repository how it wants to be logged in to, not the registry as a whole.",
    default="false",
)
API: Final = Field(
    "api", kinds.TEXT, "Interface of the registry beyond the OCI one; none is known yet, so it has no effect."
)
API_OPTS: Final = Field(
    "apiOpts",
    kinds.OPTIONS,
    "disableHead: true asks by GET where the registry cannot answer HEAD; nothing else is known.",
)
BLOB_CHUNK: Final = Field("blobChunk", kinds.INTEGER, "Bytes of a chunk of an upload.", default="1048576")
BLOB_MAX: Final = Field(
    "blobMax",
    kinds.INTEGER,
    "Blobs of more bytes are uploaded in chunks; -1: only those whose upload in one piece failed.",
    default="-1",
)
REQ_PER_SEC: Final = Field("reqPerSec", kinds.NUMBER, "Requests a second at most; 0: no limit.", default="0")
REQ_CONCURRENT: Final = Field(
    "reqConcurrent",
    kinds.NATURAL,
    "Requests at a time; unset: 3, or as many as `parallel.map` has in flight.",
    default="3",
)
SCHEME: Final = Field(
    "scheme", kinds.SCHEME, "http means tls: disabled.", deprecated="write tls: disabled (for http) instead"
)

CREDS: Final = Section(
    "creds",
    "How one registry is reached, and as whom.  Several entries of one registry are merged, the later one wins.",
    (
        *(REGISTRY, HOSTNAME, USER, PASS, TOKEN, CRED_HELPER, CRED_EXPIRE, CRED_HOST),
        *(TLS, REGCERT, CLIENT_CERT, CLIENT_KEY, PATH_PREFIX, MIRRORS, PRIORITY, REPO_AUTH),
        *(API, API_OPTS, BLOB_CHUNK, BLOB_MAX, REQ_PER_SEC, REQ_CONCURRENT, SCHEME),
    ),
)

MEMORY: Final = Field("memory", kinds.SIZE, "Memory that a script may take.", default="128MiB")
CPU: Final = Field("cpu", kinds.SECONDS, "CPU time that a run may take, in seconds.", default="off")
LONGEST: Final = Field("timeout", kinds.DURATION, "The most that a timeout may be, and that of a run without one.")
OPERATIONS: Final = Field("operations", kinds.COUNT, "Operations that a run may call.", default="off")
LOG_BYTES: Final = Field(
    "logBytes", kinds.BYTES, "Bytes that a run may log; then one line says that the log was cut.", default="1MiB"
)
MESSAGE_BYTES: Final = Field(
    "messageBytes", kinds.MESSAGE, "Bytes of one operation with its arguments, and of an answer.", default="16MiB"
)
IN_FLIGHT: Final = Field("inFlight", kinds.FLIGHT, "Operations of a run that may be in flight together.", default="64")
LIMITS: Final = Section(
    "limits",
    "What a run may use.  The Go program has no such limits.",
    (MEMORY, CPU, LONGEST, OPERATIONS, LOG_BYTES, MESSAGE_BYTES, IN_FLIGHT),
)

REQUIRE: Final = Field(
    "require",
    isolation.REQUIRED,
    "Walls of the sandbox that must hold, or no script is run.",
    default=", ".join(isolation.ALWAYS),
)
ISOLATION: Final = Section(
    "isolation", "What has to hold of the sandbox (`regbot doctor` tells what does).", (REQUIRE,)
)

MODULES: Final = Field(
    "modules", modules.FOLDERS, "Folders of Lua modules for require; a relative path begins at the file's own folder."
)

INTERVAL: Final = Field("interval", kinds.DURATION, "Time between two runs of `regbot server`.")
SCHEDULE: Final = Field("schedule", kinds.SCHEDULE, "When `regbot server` runs a script; beats interval.")
JITTER: Final = Field(
    "jitter",
    kinds.DURATION,
    "Each start of `regbot server` is put off by a random time below this, so that not all scripts start at once.",
    default="0s",
)
TIMEOUT: Final = Field(
    "timeout", kinds.DURATION, "Time after which a run is ended; 0s: not set, negative: none.", default="none"
)
PARALLEL: Final = Field(
    "parallel",
    kinds.INTEGER,
    "Heavy operations (copies, tars, configs) at a time, of all scripts together.",
    default="1",
)
SKIP_DOCKER_CONFIG: Final = Field(
    "skipDockerConfig", kinds.FLAG, "Leave the credentials in Docker's configuration alone.", default="false"
)
USER_AGENT: Final = Field("userAgent", kinds.TEXT, "The User-Agent of every request.", default="the program's own")
BLOB_LIMIT: Final = Field(
    "blobLimit", kinds.INTEGER, "Bytes of a chunk that a registry may demand of an upload.", default="1073741824"
)

DEFAULTS: Final = Section(
    "defaults",
    "Settings of the program, and what holds for scripts that do not say it themselves.",
    (PARALLEL, INTERVAL, SCHEDULE, JITTER, TIMEOUT, MODULES, SKIP_DOCKER_CONFIG, USER_AGENT, BLOB_LIMIT),
    (Part("limits", LIMITS),),
)

NAME: Final = Field("name", kinds.TEXT, "Name in the log and in errors; every script needs one.")
SCRIPT_TEXT: Final = Field("script", kinds.TEXT, "The Lua script; templates are not expanded in it.")
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
