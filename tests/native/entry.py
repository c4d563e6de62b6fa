"""A launcher whose children have the real Lua state and the whole jail, and give scripts what leads out of Lua.

It is started like regbot/sandbox/__main__.py.  A script has `ffi` and `jit`, as globals and by require: with these it
calls any function of the process and writes to all of its memory, as one that broke LuaJIT would.
"""

from __future__ import annotations

import sys
from typing import Final

time_zone, *folders = sys.argv[1:]
sys.path.extend(folders)

from regbot.sandbox import launcher, lua  # noqa: E402 -- found only now

EMPTIED: Final = b"-- The real tables are empty from here on"
"""Where prelude/boot.lua has everything at hand, for the last time."""

HANDED: Final = b"""
for _, name in native.ipairs({ "ffi", "jit" }) do
  local given, required = {}, environment.require
  for key, value in native.next, package.loaded[name] do
    given[key] = value
  end
  environment[name] = given
  function environment.require(wanted)
    if wanted == name then
      return given
    end
    return required(wanted)
  end
end
"""

prelude = lua.read_prelude()
assert prelude.boot.count(EMPTIED) == 1, "boot.lua has changed"
native = prelude._replace(boot=prelude.boot.replace(EMPTIED, HANDED + EMPTIED))
launcher.run(time_zone, lambda: lua.Script(native))
