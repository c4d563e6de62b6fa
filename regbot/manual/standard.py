"""What scripts have of Lua's own library, and what they have not: names only, since Lua's manual describes them."""

from __future__ import annotations

from typing import Final

_STANDARD: Final = {
    "": """_G _VERSION assert collectgarbage error getmetatable ipairs load loadstring next pairs pcall rawequal rawget
        rawset select setmetatable tonumber tostring type unpack xpcall""",
    "bit": "arshift band bnot bor bswap bxor lshift rol ror rshift tobit tohex",
    "coroutine": "create resume running status wrap yield",
    "math": """abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min modf pi pow
        rad random randomseed sin sinh sqrt tan tanh""",
    "os": "clock date difftime time",
    "string": "byte char find format gmatch gsub len lower match rep reverse sub upper",
    "table": "concat getn insert maxn remove sort",
}
_ABSENT: Final = {
    "": "debug dofile ffi getfenv io jit loadfile module newproxy package setfenv",
    "os": "execute exit getenv remove rename setlocale tmpname",
    "string": "dump",
    "table": "foreach foreachi",
}

STANDARD: Final = {library: tuple(names.split()) for library, names in _STANDARD.items()}
"""The names in each library; under "" those of global functions and values that are in none."""

ABSENT: Final = {library: tuple(names.split()) for library, names in _ABSENT.items()}
"""The names that LuaJIT has, and scripts have not."""
