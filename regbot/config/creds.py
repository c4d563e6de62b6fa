"""The entries of `creds` as one value for each registry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from regbot.config import creds_fields as fields
from regbot.config.model import CREDENTIALS_KEPT, NOTHING, Creds
from regbot.config.names import registry_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regbot.config.findings import Report
    from regbot.config.reading import Entry

_LOGIN: Final = {"user", "pass", "token"}
_HELPER: Final = {"credHelper", "credExpire"}


def merged_creds(entries: Iterable[Entry], report: Report) -> tuple[Creds, ...]:
    """Return the credentials by registry: of several entries of one, each field is that of the last that sets it."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if name := _name(entry, report):
            found[name] = _merged(found[name], entry) if name in found else entry
    return tuple(_creds(name, entry) for name, entry in found.items())


def _name(entry: Entry, report: Report) -> str:
    text = entry.get(fields.REGISTRY)
    if not text:
        # Where the text could not be read there is an error already.
        if text == "" or "registry" not in entry.nodes:
            report.warn(entry.line, "an entry of creds without a registry is left out")
        return ""
    line = entry.line_of("registry")
    if not (name := registry_name(text)):
        report.error(line, "registry: it should be a host or host:port, like ghcr.io or localhost:5000")
    elif "/" in text:
        report.warn(line, f'registry: only the host counts, "{name}"')
    return name


def _merged(older: Entry, newer: Entry) -> Entry:
    values = {key: value for key, value in newer.values.items() if _is_set(value)}
    dropped: set[str] = set()
    if "credHelper" in values and not _LOGIN & values.keys():
        dropped = _LOGIN
    elif "credHelper" not in values and {"pass", "token"} & values.keys():
        dropped = _HELPER
    kept = {key: value for key, value in older.values.items() if key not in dropped}
    options = dict(older.get(fields.API_OPTS) or ()) | dict(newer.get(fields.API_OPTS) or ())
    return replace(newer, values=kept | values | {"apiOpts": tuple(options.items())})


def _is_set(value: object) -> bool:
    """Say whether a later entry's value replaces an earlier one: false and 0 do, what is empty does not."""
    return isinstance(value, bool | int | float) or bool(value)


def _creds(registry: str, entry: Entry) -> Creds:
    expire = entry.get(fields.CRED_EXPIRE) or 0
    return Creds(
        registry=registry,
        hostname=entry.get(fields.HOSTNAME) or "",
        user=entry.get(fields.USER) or "",
        password=entry.get(fields.PASS) or NOTHING,
        token=entry.get(fields.TOKEN) or NOTHING,
        cred_helper=entry.get(fields.CRED_HELPER) or "",
        cred_expire=expire if expire > 0 else CREDENTIALS_KEPT,
        cred_host=entry.get(fields.CRED_HOST) or "",
        tls=entry.get(fields.TLS) or entry.get(fields.SCHEME),
        regcert=entry.get(fields.REGCERT) or "",
        client_cert=entry.get(fields.CLIENT_CERT) or "",
        client_key=entry.get(fields.CLIENT_KEY) or NOTHING,
        path_prefix=(entry.get(fields.PATH_PREFIX) or "").strip("/"),
        mirrors=entry.get(fields.MIRRORS) or (),
        priority=entry.get(fields.PRIORITY) or 0,
        repo_auth=entry.get(fields.REPO_AUTH) or False,
        api=entry.get(fields.API) or "",
        api_opts=entry.get(fields.API_OPTS) or (),
        blob_chunk=max(0, entry.get(fields.BLOB_CHUNK) or 0),
        blob_max=max(-1, entry.get(fields.BLOB_MAX) or 0),
        req_per_sec=entry.get(fields.REQ_PER_SEC) or 0.0,
        req_concurrent=entry.get(fields.REQ_CONCURRENT) or 0,
    )
