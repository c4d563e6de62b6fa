"""When an image was created, as far as somebody says (OCI image specification, `created`; RFC 3339)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from regbot.registry import images
from regbot.registry.errors import Unverified
from regbot.registry.jsontext import parse_object

if TYPE_CHECKING:
    from regbot.registry.api import Reader
    from regbot.registry.jsontext import Json
    from regbot.registry.manifest import Manifest
    from regbot.registry.reference import Reference

ANNOTATION: Final = "org.opencontainers.image.created"

_CLOCK: Final = "([01][0-9]|2[0-3]):([0-5][0-9])"
_TIME: Final = re.compile(
    rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[Tt ]{_CLOCK}:([0-5][0-9]|60)(\.[0-9]{{1,30}})?(?:[Zz]|([+-]){_CLOCK})"
)
_NOBODY_SAYS: Final = datetime(1, 1, 1, tzinfo=UTC).timestamp()
"""Go's time of nothing, which some builders write."""


async def created(reader: Reader, reference: Reference, platform: str | None) -> float | None:
    """Return the seconds from 1970 to an image's creation: by its config, else by an annotation of its manifest.

    A platform is chosen as in `images.resolve`; of an index without one for this machine, where none was named, the
    index itself is asked.  None where nobody says, or what they say is no time.
    """
    try:
        manifest = await images.resolve(reader, reference, platform)
    except images.NoPlatform:
        if platform is not None:
            raise
        manifest = await reader.manifest(reference)
    said = seconds(await _said_by_config(reader, reference, manifest))
    if said is not None:
        return said
    annotations = manifest.tree.get("annotations")
    return seconds(annotations.get(ANNOTATION)) if isinstance(annotations, dict) else None


def seconds(text: Json) -> float | None:
    """Return the seconds from 1970 to a time of RFC 3339; None for anything else."""
    if not isinstance(text, str) or (match := _TIME.fullmatch(text)) is None:
        return None
    day, hour, minute, second, fraction, sign, *offset = match.groups()
    try:
        midnight = datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()
    except ValueError:
        return None
    # datetime has neither leap seconds nor an hour before its first year.
    clock = _minutes(hour, minute) * 60 + int(second) + float(fraction or 0)
    east = _minutes(*offset) * 60 if sign else 0
    found = midnight + clock - (-east if sign == "-" else east)
    return None if found == _NOBODY_SAYS else found


def _minutes(hours: str, minutes: str) -> int:
    return int(hours) * 60 + int(minutes)


async def _said_by_config(reader: Reader, reference: Reference, manifest: Manifest) -> Json:
    """Return the `created` of a config; None where there is none, or nothing that could be one."""
    if manifest.config is None or manifest.config.size > images.MAX_CONFIG:
        return None
    body = await images.config_of(reader, reference, manifest)
    try:
        return parse_object(body, "a config").get("created")
    except Unverified:
        return None
