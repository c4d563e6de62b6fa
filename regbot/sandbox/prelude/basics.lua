-- The basic functions that cannot be LuaJIT's own, because those would show addresses, let a script survive running out
-- of memory, or name lines of ours.

local use = ...
local errors = use("errors")

local error, next, pcall, rawget, select, type = error, next, pcall, rawget, select, type
local native_tostring, metatable, collectgarbage = tostring, debug.getmetatable, collectgarbage

local basics = {}

local numbered = setmetatable({}, { __mode = "k" })
local last_number = 0

-- Plain Lua shows an address here.  All children share their launcher's, so that would help an attack on the next run.
local function name_of(value, kind)
  if not numbered[value] then
    last_number = last_number + 1
    numbered[value] = last_number
  end
  return kind .. ": #" .. numbered[value]
end

local function shown(value)
  local kind = type(value)
  if kind == "string" then
    return value
  end
  local meta = metatable(value)
  local method = meta and rawget(meta, "__tostring")
  if method then
    return method(value)
  end
  if kind == "table" or kind == "function" or kind == "thread" or kind == "userdata" then
    return name_of(value, kind)
  end
  return native_tostring(value)
end
basics.shown = shown

function basics.tostring(...)
  local value = ...
  if type(value) == "number" then
    return native_tostring(value)
  end
  if value == nil and select("#", ...) == 0 then
    errors.raise("bad argument #1 to 'tostring' (value expected)")
  end
  return shown(value)
end

local function honest(message)
  return message == errors.OUT_OF_MEMORY and errors.FORGED or message
end

function basics.error(message, level)
  message = honest(message)
  level = level == nil and 1 or level
  if type(level) ~= "number" then
    errors.raise("bad argument #2 to 'error' (number expected, got " .. type(level) .. ")")
  end
  if level > 0 and (type(message) == "string" or type(message) == "number") then
    message = errors.where(level - level % 1) .. message
  end
  error(message, 0)
end

function basics.assert(...)
  local value, message = ...
  if value then
    return ...
  end
  if select("#", ...) == 0 then
    errors.raise("bad argument #1 to 'assert' (value expected)")
  end
  if select("#", ...) == 1 then
    message = "assertion failed!"
  end
  error(honest(message), 0)
end

local function settled(ok, ...)
  if ok then
    return true, ...
  end
  return false, errors.caught((...))
end

function basics.pcall(...)
  return settled(pcall(...))
end

local function handled(handler, ok, ...)
  if ok then
    return true, ...
  end
  local well, answer = pcall(handler, errors.caught((...)))
  if well then
    return false, honest(answer)
  end
  errors.caught(answer)
  return false, "error in error handling"
end

-- The handler runs when the stack is unwound already: without `debug` that cannot be told apart, and so it may call
-- operations.
function basics.xpcall(called, handler, ...)
  if type(handler) ~= "function" then
    errors.raise("bad argument #2 to 'xpcall' (function expected, got " .. type(handler) .. ")")
  end
  return handled(handler, pcall(called, ...))
end

-- A script that collects or tunes could live on after running out of memory, or stop collection.
function basics.collectgarbage(option)
  if option == "count" then
    return collectgarbage("count")
  end
  return 0
end

return basics
