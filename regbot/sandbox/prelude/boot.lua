-- The first chunk of a state: makes it what a script may live in, and returns the driver, started, for Python to
-- resume.
--
-- Its arguments are the other files of this folder: name, bytecode, name, bytecode and so on.  Every one of them is
-- loaded with `native` as its globals, a copy of the libraries that no script can reach, and with the function `use`,
-- which gives what another file returned.  So a script may change each table that it sees and changes nothing for us.
--
-- A rule for all of these files: no method call on a string.  `text:sub(1)` looks in the table `string` of the script.

local LIBRARIES = { "string", "table", "math", "coroutine", "bit", "os", "debug" }
local FUNCTIONS = {
  "_VERSION", "assert", "collectgarbage", "error", "getmetatable", "ipairs", "load", "newproxy", "next", "pairs",
  "pcall", "rawequal", "rawget", "rawset", "select", "setmetatable", "tonumber", "tostring", "type", "unpack",
}

jit.off()
jit.flush()
-- The lexer loads ffi at a literal such as 1LL.  Loaded now it is emptied below with the rest, and stays gone.
require("ffi")

local native = {}
-- Environments of functions of ffi are tables that LuaJIT itself reads at every use of such a number, and that nothing
-- but those functions holds: without this they are freed, and read nevertheless.  Nobody else looks here.
native.anchors = {}
for _, func in pairs(package.loaded.ffi) do
  if type(func) == "function" then
    native.anchors[debug.getfenv(func)] = true
  end
end
for _, name in ipairs(FUNCTIONS) do
  native[name] = _G[name]
end
for _, library in ipairs(LIBRARIES) do
  native[library] = {}
  for name, value in pairs(_G[library]) do
    native[library][name] = value
  end
end

local files, loaded = {}, {}
for i = 1, select("#", ...), 2 do
  local name, bytecode = select(i, ...)
  files[name] = bytecode
end

-- Some are first used by a script that requires them: when no global is left.
local function use(name)
  if loaded[name] == nil then
    loaded[name] = native.assert(native.load(files[name], nil, "b", native))(use)
  end
  return loaded[name]
end

local driver = native.coroutine.create(use("driver"))
local environment = use("environment")

-- Sealed, or a script could decide what ("x"):upper() is for the prelude; a harmless copy for those who look.
local strings = getmetatable("")
strings.__index = environment.string
strings.__metatable = { __index = environment.string }

-- The real tables are empty from here on: what lupa or LuaJIT look up in them by name, a script cannot have put there.
local function emptied(tables)
  for _, each in native.ipairs(tables) do
    for key in native.next, each do
      each[key] = nil
    end
  end
end
emptied({
  package.loaders, package.preload, package.loaded.ffi, python, io, os, debug, string, table, coroutine, math, bit,
  jit.opt, jit, package.loaded, package, _G,
})

native.assert(native.coroutine.resume(driver))
return driver
