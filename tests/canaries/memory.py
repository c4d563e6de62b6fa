"""Where the processes of a supervisor hold a text, as root sees it through /proc: memory, environment, words, files."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tests.supervisor.processes import environment_of, offspring, open_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNREADABLE: Final = ("[vvar]", "[vvar_vclock]", "[vsyscall]")
"""What the kernel maps and nobody reads through /proc/PID/mem."""


def forms(text: str) -> Iterator[bytes]:
    """Return the spellings in which a text may lie somewhere."""
    plain = text.encode()
    yield from (plain, text.encode("utf-16-le"), plain.hex().encode(), plain[::-1])
    yield from (json.dumps(text)[1:-1].encode(), quote(text, safe="").encode())
    for before in range(3):
        # Behind so many other bytes, as in user:password; what those decide, and what follows does, is cut off.
        coded = base64.b64encode(bytes(before) + plain)
        inner = coded[4 if before else 0 : len(coded) // 4 * 4 - 4]
        yield from (inner, inner.translate(bytes.maketrans(b"+/", b"-_")))


def held(pid: int, texts: Mapping[str, str]) -> set[str]:
    """Return the names of those of *texts* that a process holds, anywhere and in any spelling."""
    places = [environment_of(pid), Path(f"/proc/{pid}/cmdline").read_bytes(), "\n".join(open_in(pid).values()).encode()]
    found = {name for place in places for name, text in texts.items() if _is_in(place, text)}
    for piece in memory(pid):
        found |= {name for name, text in texts.items() if name not in found and _is_in(piece, text)}
    return found


def _is_in(place: bytes, text: str) -> bool:
    return any(form in place for form in forms(text))


def memory(pid: int) -> Iterator[bytes]:
    """Read all that a process has mapped; a mapping that cannot be read is an error, but for the kernel's own."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_, name = [*line.split(maxsplit=5), ""][:7]
            if "r" not in rights or line.endswith(_UNREADABLE):
                continue
            start, end = (int(place, 16) for place in span.split("-"))
            yield _read(file.fileno(), start, end, name)


def _read(descriptor: int, start: int, end: int, name: str) -> bytes:
    pieces = []
    while start < end:
        piece = os.pread(descriptor, end - start, start)
        assert piece, f"{name} cannot be read at {start:x}"
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)


def below(pid: int) -> list[int]:
    """Return every process below one."""
    return [each for child in offspring(pid) for each in (child, *below(child))]
