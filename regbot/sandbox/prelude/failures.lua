-- What is known of the failures of operations besides their texts, for `try` and for the end of the run.
--
-- It is kept by the error's text, and so found again whichever way that took: through pcall and error, a coroutine,
-- parallel.map.  A text that no operation raised finds nothing.

local setmetatable, metatable, rawget, type = setmetatable, debug.getmetatable, rawget, type
local match, sub, tonumber = string.match, string.sub, tonumber

local failures = {}

-- Of the latest texts this many are known at least, and twice as many at most.
local KEPT = 64
-- Bytes of a chunk's name that Lua repeats in positions.
local MAX_SHOWN = 59

local newer, older, count = {}, {}, 0
local script = ""

-- Take note of the script's name.
function failures.of_script(name)
  script = sub(name, 1, MAX_SHOWN) .. ":"
end

-- Take note of what the supervisor said of the failure of call *number*, which is raised as *text*.
function failures.remember(text, operation, line, number, said)
  if count == KEPT then
    newer, older, count = {}, newer, 0
  end
  count = count + 1
  newer[text] = {
    operation = operation, line = line, number = number,
    code = said.code, status = said.status, registry = said.registry, repository = said.repository,
  }
end

local function known(text)
  return newer[text] or older[text]
end

-- The metatable of the error objects that `try` gives; api/try.lua adds what takes more than this file knows.
local meta = { __metatable = false }
failures.meta = meta

-- Return the text of an error object of ours, whatever a script made of it; nil for anything else.
function failures.text(value)
  if type(value) ~= "table" or metatable(value) ~= meta then
    return nil
  end
  local message = rawget(value, "message")
  return type(message) == "string" and message or "an error without a message"
end

meta.__tostring = failures.text

-- The line of the script in the position that a text begins with.
local function line_in(text)
  if sub(text, 1, #script) == script then
    return tonumber(match(text, "^(%d+): ", #script + 1) or "")
  end
end

-- Return the error object of a *text*.
function failures.object(text)
  local about = known(text) or {}
  return setmetatable({
    message = text, operation = about.operation, line = about.line or line_in(text),
    code = about.code, status = about.status, registry = about.registry, repository = about.repository,
  }, meta)
end

-- Return the number of the call that an error is the failure of, or 0.
function failures.number(err)
  local about = known(failures.text(err) or err)
  return about and about.number or 0
end

return failures
