"""What editors get: the definition files, as one or as a folder of them.

Only lua-language-server reads them, and it finds a module by the file that is called like it.  In the one file modules
are classes, which nobody requires.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from regbot.manual.reading import FOLDER, files

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD: Final = """\
---@meta _

-- What scripts of regbot can call, for editors that work with lua-language-server: it completes, shows these texts, and
-- warns of what is wrong.  Put this file beside your scripts, and a file .luarc.json that says which Lua they have:
--
--   {
--     "runtime.version": "LuaJIT",
--     "runtime.builtin": {
--       "debug": "disable", "ffi": "disable", "io": "disable", "jit": "disable", "os": "disable", "package": "disable"
--     }
--   }
--
-- `os` is disabled because it is described here, as scripts have it.  So that the editor knows what `require` gives,
-- write the definitions to a folder, by `regbot lua-api FOLDER`, and name that in the file too, as "workspace.library":
-- ["FOLDER"].  Or say it where a module is required:
--
--   ---@type semver
--   local semver = require("semver")
"""
_META: Final = re.compile(r"---@meta .*\n")
_NOTE: Final = re.compile(r"^-- .*\n", re.MULTILINE)
_RETURN: Final = re.compile(r"^return \w+\n", re.MULTILINE)


def one() -> str:
    """Return all definitions as one file."""
    texts = [path.read_text(encoding="utf-8") for path in files()]
    for pattern in (_META, _NOTE, _RETURN):
        texts = [pattern.sub("", text) for text in texts]
    return "\n".join([HEAD, *(text.strip("\n") + "\n" for text in texts)])


def several() -> Iterator[tuple[str, str]]:
    """Give the name and the text of each file of a folder."""
    for path in files():
        name = path.relative_to(FOLDER).as_posix().removeprefix("modules/")
        yield name, _NOTE.sub("", path.read_text(encoding="utf-8"))
