"""Results, as values for the prelude, which makes objects of them (sandbox/prelude/api/)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def described(found: Head | Manifest) -> dict[str, Value]:
    """Return what a manifest is, whosesoever it is."""
    known = found.descriptor
    return {
        "descriptor": {"mediaType": known.media_type, "digest": str(known.digest), "size": known.size},
        "ratelimit": _rate_limit(found.rate_limit),
    }


def config(reference: Reference, found: Manifest, body: bytes) -> Value:
    """Return the bytes of a config, with the digest of its manifest."""
    return {"reference": str(reference), "digest": str(found.descriptor.digest), "body": body}


def blob(repository: Repository, found: Descriptor) -> Value:
    """Return what a blob is and where; its size is nil where nobody says."""
    return {"repository": str(repository), **stored(found)}


def stored(found: Descriptor) -> dict[str, Value]:
    """Return digest and size of content, nil where nobody says."""
    return {"digest": str(found.digest), "size": found.size if found.size >= 0 else None}


def referrers(found: Iterable[Descriptor]) -> Value:
    """Return the descriptors of what refers to an image."""
    return [
        {
            "mediaType": each.media_type,
            "digest": str(each.digest),
            "size": each.size,
            "annotations": dict(each.annotations),
            "artifactType": each.artifact_type,
        }
        for each in found
    ]


def _known(reference: Reference, found: Head | Manifest) -> dict[str, Value]:
    return {"reference": str(reference), **described(found)}


def _rate_limit(rate: RateLimit) -> Value:
    return {
        "Set": rate.known,
        "Remain": rate.remain,
        "Limit": rate.limit,
        "Reset": rate.reset,
        "Policies": list(rate.policies),
    }
