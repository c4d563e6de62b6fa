-- Errors as scripts see them: text that begins with a line of the script, never with one of ours.

local use = ...
local failures, threads = use("failures"), use("threads")

local error, type, getinfo, running = error, type, debug.getinfo, coroutine.running
local byte, concat, find, format, sub = string.byte, table.concat, string.find, string.format, string.sub

local errors = {}

-- LuaJIT's own words.  `error` and `xpcall` do not let a script say exactly these, so they are never a lie.
errors.OUT_OF_MEMORY = "not enough memory"
errors.FORGED = "not enough memory (the script says)"

-- Bytes of an error's text and of a traceback that leave the child.
errors.MAX_TEXT = 4096

local OURS = "=[regbot "
local OUR_POSITION = "^%[regbot [%w/]+%]:%-?%d+: "
local MAX_FRAMES = 20

local function of_script(info)
  return info.what ~= "C" and sub(info.source, 1, #OURS) ~= OURS
end

-- Returns how many of the first *count* bytes of a longer text end with a whole character of UTF-8, if it is UTF-8.
local function whole(text, count)
  for last = count, count - 3, -1 do
    local following = byte(text, last + 1)
    if following < 128 or following > 191 then
      return last
    end
  end
  return count
end

-- Return *text*, cut to *limit* bytes with a note of how long it was.
function errors.cut(text, limit)
  if #text <= limit then
    return text
  end
  local note = format(" … (%d bytes in all)", #text)
  return sub(text, 1, whole(text, limit - #note)) .. note
end

-- Return a chunk name that no error can mistake for one of ours.
function errors.chunkname(name)
  return sub(name, 1, #OURS) == OURS and "=?" or name
end

local function nearest(thread, level)
  local info = getinfo(thread, level, "Sl")
  while info do
    if of_script(info) then
      return info.short_src, info.currentline
    end
    level = level + 1
    info = getinfo(thread, level, "Sl")
  end
end

-- Return chunk and line of the script's innermost frame, also where only the coroutine's resumer has one; else nil.
function errors.here()
  local thread = running()
  local chunk, line = nearest(thread, 2)
  while not chunk do
    thread = threads.parent[thread]
    if not thread then
      return nil
    end
    chunk, line = nearest(thread, 0)
  end
  return chunk, line
end

-- Return *message* with a position as `errors.here` gives it, or with none, as it is raised.
function errors.positioned(chunk, line, message)
  if chunk then
    message = chunk .. ":" .. line .. ": " .. message
  end
  return errors.cut(message, errors.MAX_TEXT)
end

-- Raise *message* at the script's line that called us.
function errors.raise(message)
  local chunk, line = errors.here()
  error(errors.positioned(chunk, line, message), 0)
end

-- Return the text that `error` puts before a message, *level* as the manual says: 1 is the caller of our caller.
-- A run of our frames and C frames counts as the one C function that stands there in plain Lua.
function errors.where(level)
  local depth, count, outside = 3, 0, false
  local info = getinfo(depth, "Sl")
  while info do
    local inside = of_script(info)
    if inside or not outside then
      count = count + 1
    end
    if count == level then
      return inside and info.short_src .. ":" .. info.currentline .. ": " or ""
    end
    outside = not inside
    depth = depth + 1
    info = getinfo(depth, "Sl")
  end
  return ""
end

-- Return a caught error as the script may see it.  Running out of memory is not the script's to catch: raised again.
function errors.caught(err)
  if err == errors.OUT_OF_MEMORY then
    error(err, 0)
  end
  if type(err) == "string" then
    local _, last = find(err, OUR_POSITION)
    return last and sub(err, last + 1) or err
  end
  return err
end

-- Raise again what our own code caught from code that it called for a script; what LuaJIT said of us gets a position.
function errors.again(err)
  local seen = errors.caught(err)
  if seen ~= err then
    errors.raise(seen)
  end
  error(err, 0)
end

local function position_in(thread)
  local chunk, line = nearest(thread, 0)
  return chunk and chunk .. ":" .. line .. ": " or ""
end

-- Return what ended *thread*, as text.
function errors.describe(thread, err)
  err = errors.caught(err)
  err = failures.text(err) or err
  local kind = type(err)
  if err == "stack overflow" then
    -- The one error that LuaJIT raises without a position.
    err = position_in(thread) .. err
  elseif kind == "number" then
    err = err .. ""
  elseif kind ~= "string" then
    local what = kind == "nil" and "nil" or "a " .. kind
    err = position_in(thread) .. "the script raised " .. what .. ", and no text that says what is wrong"
  end
  return errors.cut(err, errors.MAX_TEXT)
end

local function place_of(info, caller)
  -- What our code calls a function of the script is no name for it.
  if info.name and caller and of_script(caller) then
    return "in " .. info.name
  end
  return info.what == "main" and "in the main chunk" or "in a function"
end

-- Return the script's frames of a *thread* that died, innermost first, after those of *inner*, a traceback or nil.
function errors.traceback(thread, inner)
  local lines, count = { inner ~= "" and inner or nil }, 0
  local level, info = 0, getinfo(thread, 0, "Sln")
  while info and count < MAX_FRAMES do
    level = level + 1
    local caller = getinfo(thread, level, "Sln")
    if of_script(info) then
      count = count + 1
      lines[#lines + 1] = info.short_src .. ":" .. info.currentline .. ": " .. place_of(info, caller)
    end
    info = caller
  end
  lines[#lines + 1] = info and "…" or nil
  return errors.cut(concat(lines, "\n"), errors.MAX_TEXT)
end

return errors
