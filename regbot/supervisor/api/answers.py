"""Results, as values for the prelude, which makes objects of them (sandbox/prelude/api/)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.manifest import Head, Manifest, RateLimit
    from regbot.registry.reference import Reference, Repository


def manifest(reference: Reference, found: Manifest) -> Value:
    """Return a manifest with its bytes."""
    return {**_known(reference, found), "body": found.body}


def head(reference: Reference, found: Head) -> Value:
    """Return what a manifest is, without its bytes."""
    return _known(reference, found)


def config(reference: Reference, found: Manifest, body: bytes) -> Value:
    """Return the bytes of a config, with the digest of its manifest."""
    return {"reference": str(reference), "digest": str(found.descriptor.digest), "body": body}


def blob(repository: Repository, found: Descriptor) -> Value:
    """Return what a blob is and where; its size is nil where nobody says."""
    return {"repository": str(repository), **stored(found)}


def stored(found: Descriptor) -> dict[str, Value]:
    """Return digest and size of content, nil where nobody says."""
    return {"digest": str(found.digest), "size": found.size if found.size >= 0 else None}


def _known(reference: Reference, of: Head | Manifest) -> dict[str, Value]:
    found = of.descriptor
    return {
        "reference": str(reference),
        "descriptor": {"mediaType": found.media_type, "digest": str(found.digest), "size": found.size},
        "ratelimit": _rate_limit(of.rate_limit),
    }


def _rate_limit(rate: RateLimit) -> Value:
    return {
        "Set": rate.known,
        "Remain": rate.remain,
        "Limit": rate.limit,
        "Reset": rate.reset,
        "Policies": list(rate.policies),
    }
