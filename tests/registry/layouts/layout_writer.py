"""Fork writers of a layout for test_layout_crash.py, one for each line of input; each writes until it is killed.

    python -m tests.registry.layouts.layout_writer FILES_FOLDER

The number of each writer is printed; the next line of input is taken when it is gone.
"""

from __future__ import annotations

import itertools
import os
import resource
import sys

import trio

from regbot.registry.content import Bytes
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.files.files import Files
from regbot.registry.layouts.layout import Layout
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference
from tests import images


async def _write_for_ever(folder: str, seed: int) -> None:
    with Files(folder) as files:
        layout = Layout(files)
        for number in itertools.count(seed):
            image = images.image(layers=[f"{seed}.{number}".encode() * 50_000])
            target = Reference.parse(f"ocidir://x:{('a', 'b', f'n{number % 5}')[number % 3]}")
            for data in image.blobs.values():
                descriptor = Descriptor("", Digest.of(data), len(data))
                await layout.put_blob(target.repository, descriptor, Bytes(data))
            await layout.put_manifest(target, Manifest.read(image.manifest, media_type=image.media_type))


def main() -> None:
    """Fork as often as there are lines."""
    for seed, _ in enumerate(sys.stdin):
        if (child := os.fork()) == 0:
            # A test that fails before it kills must not leave this behind for ever.
            resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
            trio.run(_write_for_ever, sys.argv[1], seed)
        print(child, flush=True)  # noqa: T201 -- this is what it is for
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
