"""The stripped Lua state of one run, and the prelude that makes it so.

Only byte strings cross between Lua and Python.  lupa crashes or leaks where a script's table, function or coroutine
gets into Python, and where a Python object gets into a script; so Python holds the prelude's one coroutine and nothing
else, and every check, codec and error text is Lua (prelude/).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn, Protocol, cast

from lupa import luajit21

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "prelude")  # noqa: PTH100, PTH118, PTH120 -- pathlib costs milliseconds to import
_BOOT: Final = "boot"
_COMPILE: Final = b"local source, name = ... return string.dump(assert(load(source, '=[regbot ' .. name .. ']', 't')))"
"""The chunk names are how prelude/errors.lua tells the prelude's frames from the script's."""

OUT_OF_MEMORY: Final = b"\x95\xa6failed\xa6memory\xc4\x0dout of memory\xc4\x00\x00"
"""The body of a `failed` frame, made beforehand: when memory is out, nothing can be made."""


class Prelude(NamedTuple):
    """The prelude, compiled: what runs first as source, and the others as name, bytecode, name, bytecode and so on."""

    boot: bytes
    files: tuple[bytes, ...]


def read_prelude() -> Prelude:
    """Read and compile the prelude's files; OSError or LuaError if that fails.

    A child can open no file, so its launcher does this.  Compiled here, a state takes a third of the time to make.
    """
    texts = dict(sources())
    boot = texts.pop(_BOOT)
    compiler = new_runtime()
    files: list[bytes] = []
    for name, text in sorted(texts.items()):
        files += [name.encode(), compiler.execute(_COMPILE, text, name.encode())]
    return Prelude(boot, tuple(files))


def sources() -> Iterator[tuple[str, bytes]]:
    """Read the prelude's files; give each one's path in its folder without the ending, and its text."""
    for folder, _, names in os.walk(_FOLDER):
        for name in (name for name in names if name.endswith(".lua")):
            path = os.path.join(folder, name)  # noqa: PTH118 -- as above
            with open(path, "rb") as file:  # noqa: PTH123 -- as above
                yield os.path.relpath(path, _FOLDER).removesuffix(".lua"), file.read()


class _Driver(Protocol):
    """The coroutine of prelude/driver.lua."""

    def send(self, body: bytes) -> bytes: ...


class Script:
    """One script's state, driven frame by frame."""

    def __init__(self, prelude: Prelude) -> None:
        """Make the state.  Nothing is imported or opened from here on."""
        self._driver: _Driver | None = cast("_Driver", new_runtime().execute(prelude.boot, *prelude.files))

    def resume(self, body: bytes) -> bytes | None:
        """Take the body of a frame, return the next to send.

        The first call takes the body of `Start`.  An empty answer asks for the body of the supervisor's next frame; any
        other is to be sent, and then this is called with nothing.  None: the run is over, its last frame was sent.
        """
        if self._driver is None:
            return None
        try:
            return self._driver.send(body)
        except StopIteration:
            return None
        except MemoryError:
            # The state is full, and even to collect what is in it would end the process.
            self._driver = None
            return OUT_OF_MEMORY


def new_runtime() -> luajit21.LuaRuntime:
    """Make a state with nothing of Python in it but lupa's own table, which prelude/boot.lua empties."""
    return luajit21.LuaRuntime(
        encoding=None,
        source_encoding="utf-8",
        register_eval=False,
        register_builtins=False,
        unpack_returned_tuples=False,
        attribute_handlers=(_deny, _deny),
    )


def _deny(*_: object) -> NoReturn:
    """Refuse every look at a Python object from Lua, where none should be."""
    raise AttributeError
