"""image: images as wholes, their configs, and tar files of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from regbot.registry import creation, images
from regbot.registry.copying import copying
from regbot.supervisor.operations.api import answers

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.registry.copying.options import CopyOptions
    from regbot.registry.files.files import Files
    from regbot.registry.observer import Meter, Observer
    from regbot.supervisor.operations.arguments import Image

POLL: Final = 5 * 60.0
"""Seconds between two looks at a rate limit."""
PATIENCE: Final = 6 * 60 * 60.0
"""Seconds to wait for a rate limit."""


async def config(registry: Registry, image: Image, platform: str | None) -> Value:
    """Return an image's configuration."""
    manifest, body = await images.config(registry, image.pinned, platform)
    return answers.config(image.reference, manifest, body)


async def created(registry: Registry, image: Image, platform: str | None) -> Value:
    """Return when an image was created, in seconds since 1970; nil where nobody says."""
    return await creation.created(registry, image.pinned, platform)


async def copy(registry: Registry, source: Image, target: Image, options: CopyOptions, *, observer: Observer) -> Value:
    """Copy an image, or an index with all that it holds."""
    await copying.copy(registry, source.reference, target.reference, options, observer.progress)
    return None


async def export_tar(registry: Registry, image: Image, path: str, *, files: Files) -> Value:
    """Write an image, or an index with all that it holds, to a tar file."""
    # Tar files take longer to load than many a script to run; likewise below.
    from regbot.registry.tars import tar_export  # noqa: PLC0415

    await tar_export.export(registry, image.reference, files, path)
    return None


async def import_tar(registry: Registry, image: Image, path: str, *, files: Files, observer: Observer) -> Value:
    """Store the image of a tar file."""
    from regbot.registry.tars import tar_import  # noqa: PLC0415

    await tar_import.load(registry, image.reference, files, path, observer)
    return None


async def rate_limit_wait(  # noqa: PLR0913 -- the arguments of the call, and who is told
    registry: Registry, image: Image, limit: float, poll: float | None, patience: float | None, *, meter: Meter
) -> Value:
    """Wait until the registry grants more than *limit* pulls; say whether it did in time.

    It is true at once where the registry tells no limit.  The run's own deadline ends the wait, too.  Times in seconds.
    """
    with trio.move_on_after(PATIENCE if patience is None else patience):
        while True:
            rate = (await registry.head(image.reference)).rate_limit
            if not rate.known or rate.remain >= limit:
                return True
            await _wait(POLL if poll is None else poll, image.reference.repository.registry, meter)
    return False


async def _wait(seconds: float, registry: str, meter: Meter) -> None:
    begun = trio.current_time()
    try:
        await trio.sleep(seconds)
    finally:
        meter.waited(registry, trio.current_time() - begun, "ratelimit")
