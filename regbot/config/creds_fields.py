"""The fields of `creds`, how registries are reached and as whom; fields.py has all others."""

from __future__ import annotations

from typing import Final

from regbot.config import access, kinds
from regbot.config.sections import Field, Section

REGISTRY: Final = Field(
    "registry",
    kinds.TEXT,
    "Name of the registry in references: host and port, `docker.io` for Docker Hub.",
    "registry: ghcr.io",
    templated=True,
)
HOSTNAME: Final = Field(
    "hostname",
    access.HOST,
    "Where to connect to: a name, an IPv4 address, or an IPv6 one in brackets. No scheme, user or path.",
    "hostname: 10.0.0.5:5000",
    default="the registry's name",
)
USER: Final = Field("user", access.USER, "User name, without a colon.", "user: bot", templated=True)
PASS: Final = Field(
    "pass",
    access.PASSWORD,
    "Password, without line breaks and other control characters.",
    "pass: '{{env \"REG_PASS\"}}'",
    templated=True,
)
TOKEN: Final = Field(
    "token",
    access.PASSWORD,
    "Identity token, instead of user and password; what `<token>` as `user` makes of `pass`.",
    "token: eyJhbGciOi",
)
CRED_HELPER: Final = Field(
    "credHelper",
    access.PROGRAM,
    "Name or path of the program that is asked for user and password, with Docker's protocol. It may take 10 s.",
    "credHelper: docker-credential-pass",
)
CRED_EXPIRE: Final = Field(
    "credExpire", kinds.DURATION, "How long an answer of the helper is kept.", "credExpire: 15m", default="1h"
)
CRED_HOST: Final = Field(
    "credHost",
    kinds.TEXT,
    "What the helper is asked for; for `docker.io` that is `https://index.docker.io/v1/`.",
    "credHost: https://index.docker.io/v1/",
    default="the hostname",
)
TLS: Final = Field(
    "tls",
    kinds.TLS,
    "`enabled`: https; `insecure`: https with any certificate; `disabled`: http.",
    "tls: disabled",
    default="enabled",
)
REGCERT: Final = Field(
    "regcert",
    kinds.TEXT,
    "Certificates (PEM) that are trusted for this registry.",
    "regcert: '{{file \"/etc/ssl/reg.pem\"}}'",
    templated=True,
)
CLIENT_CERT: Final = Field(
    "clientCert",
    kinds.TEXT,
    "Certificate (PEM) that is shown to the registry.",
    "clientCert: '{{file \"/etc/ssl/me.pem\"}}'",
    templated=True,
)
CLIENT_KEY: Final = Field(
    "clientKey",
    kinds.SECRET,
    "Key (PEM) of `clientCert`.",
    "clientKey: '{{file \"/etc/ssl/me.key\"}}'",
    templated=True,
)
PATH_PREFIX: Final = Field(
    "pathPrefix",
    access.PATH,
    "Goes before the name of every repository of this registry.",
    "pathPrefix: mirror/hub",
)
MIRRORS: Final = Field(
    "mirrors",
    access.REGISTRIES,
    "Names of registries that are read from before this one.",
    "mirrors: [mirror.example.com]",
)
PRIORITY: Final = Field(
    "priority",
    kinds.NATURAL,
    "Order among mirrors, the highest first; the registry itself comes after mirrors of its own priority.",
    "priority: 5",
    default="0",
)
REPO_AUTH: Final = Field(
    "repoAuth",
    kinds.FLAG,
    "Ask each repository how it wants to be logged in to, not the registry as a whole.",
    "repoAuth: true",
    default="false",
)
API: Final = Field("api", kinds.TEXT, "Interface of the registry beyond the OCI one. None is known yet.", "api: hub")
API_OPTS: Final = Field(
    "apiOpts",
    kinds.OPTIONS,
    "`disableHead: true` asks by GET where the registry cannot answer HEAD. Nothing else is known, and has no effect.",
    "apiOpts: {disableHead: true}",
)
BLOB_CHUNK: Final = Field(
    "blobChunk",
    kinds.INTEGER,
    "Bytes of a chunk of an upload; more where the registry demands it.",
    "blobChunk: 1048576",
    default="1048576",
)
BLOB_MAX: Final = Field(
    "blobMax",
    kinds.INTEGER,
    "Blobs of more bytes are uploaded in chunks; -1: only those whose upload in one piece failed.",
    "blobMax: -1",
    default="-1",
)
REQ_PER_SEC: Final = Field(
    "reqPerSec", kinds.NUMBER, "Requests a second at most; 0: no limit.", "reqPerSec: 0.5", default="0"
)
REQ_CONCURRENT: Final = Field(
    "reqConcurrent",
    kinds.NATURAL,
    "Requests at a time; unset: 3, or as many as `parallel.map` has in flight.",
    "reqConcurrent: 1",
    default="3",
)
SCHEME: Final = Field(
    "scheme",
    kinds.SCHEME,
    "Deprecated: `http` means `tls: disabled`.",
    "scheme: http",
    deprecated="write tls: disabled (for http) instead",
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
