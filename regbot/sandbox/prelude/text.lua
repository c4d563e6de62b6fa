-- The functions of `string` that LuaJIT's own cannot be: `format` would show addresses and call __tostring where no
-- operation can wait, `gsub` likewise calls its function, and `rep` takes more than 2^31 for less than nothing.

local use = ...
local basics, errors = use("basics"), use("errors")

local pcall, select, tonumber, type, unpack = pcall, select, tonumber, type, unpack
local metatable, concat = debug.getmetatable, table.concat
local find, native_format, native_gsub, native_rep, sub =
  string.find, string.format, string.gsub, string.rep, string.sub

local text = {}

local function is_text(value)
  local kind = type(value)
  return kind == "string" or kind == "number"
end

local function all_text(...)
  for i = 1, select("#", ...) do
    if not is_text((select(i, ...))) then
      return false
    end
  end
  return true
end

function text.rep(subject, count, separator)
  if count and (tonumber(count) or 0) >= 2 ^ 31 and subject ~= "" then
    errors.raise("resulting string too large")
  end
  return native_rep(subject, count, separator)
end

-- Returns the text of any value but text, as `tostring` makes it.
local function described(value)
  value = basics.shown(value)
  if type(value) ~= "string" then
    errors.raise("'__tostring' must return a string")
  end
  return value
end

-- A line break as \n, where LuaJIT writes a backslash before it: the same to Lua, and it stays on one line.
local function quoted(value)
  return (native_gsub(native_format("%q", value), "\\\n", "\\n"))
end

-- Returns the text that %s or %q shall show; nil leaves the conversion to LuaJIT.
local function shown(conversion, value)
  if conversion == "p" then
    errors.raise("invalid option '%p' to 'format': there are no addresses here")
  elseif conversion == "q" then
    return quoted(is_text(value) and value or described(value))
  elseif conversion == "s" and not is_text(value) then
    return described(value)
  end
  return nil
end

-- Does the conversions that `shown` does, and leaves a layout for what remains.
local function prepared(layout, arguments)
  local parts, position, index = {}, 1, 0
  local first, last, modifiers, conversion = find(layout, "%%([-+ #0]*%d*%.?%d*)(.)")
  while first do
    index = conversion == "%" and index or index + 1
    local text = conversion ~= "%" and index <= arguments.n and shown(conversion, arguments[index])
    arguments[index] = text or arguments[index]
    parts[#parts + 1] = sub(layout, position, first - 1)
    parts[#parts + 1] = "%" .. modifiers .. (text and "s" or conversion)
    position = last + 1
    first, last, modifiers, conversion = find(layout, "%%([-+ #0]*%d*%.?%d*)(.)", position)
  end
  parts[#parts + 1] = sub(layout, position)
  return concat(parts), arguments
end

function text.format(layout, ...)
  -- Without a p or a q there is no %p and no %q; only if there is more to it do we look closely.
  if type(layout) == "string" and (find(layout, "[pq]") or not all_text(...)) then
    local left, arguments = prepared(layout, { n = select("#", ...), ... })
    return native_format(left, unpack(arguments, 1, arguments.n))
  end
  return native_format(layout, ...)
end

local function replacement(value, whole)
  if not value then
    return whole
  elseif not is_text(value) then
    errors.raise("invalid replacement value (a " .. type(value) .. ")")
  end
  return value
end

-- What `find` answers, as: first, last, the first capture or the whole match, the replacement.
local function replaced(subject, call, ok, first, last, ...)
  if not ok then
    -- find's own words on the pattern: it calls nothing of the script.
    errors.raise(errors.caught(first))
  elseif not first then
    return nil
  end
  local whole = sub(subject, first, last)
  if select("#", ...) == 0 then
    return first, last, replacement(call(whole), whole)
  end
  return first, last, replacement(call(...), whole)
end

-- Lua 5.1's loop (lstrlib.c, str_gsub) around `find`: after an empty match one character is passed over as it is.
-- (A lone ) is malformed to gsub's own matching, and plain text to `find`.)
local function gsub(subject, pattern, call, limit)
  local anchored = sub(pattern, 1, 1) == "^"
  local parts, position, count = {}, 1, 0
  while count < limit and position <= #subject + 1 do
    local first, last, new = replaced(subject, call, pcall(find, subject, pattern, position))
    if not first then
      break
    end
    count = count + 1
    parts[#parts + 1] = sub(subject, position, first - 1)
    parts[#parts + 1] = new
    position = last + 1
    if last < first then
      parts[#parts + 1] = sub(subject, first, first)
      position = first + 1
    end
    if anchored then
      break
    end
  end
  parts[#parts + 1] = sub(subject, position)
  return concat(parts), count
end

local function expect_text(value, number)
  if not is_text(value) then
    errors.raise("bad argument #" .. number .. " to 'gsub' (string expected, got " .. type(value) .. ")")
  end
  return value .. ""
end

function text.gsub(subject, pattern, new, limit)
  local kind = type(new)
  if kind ~= "function" and not (kind == "table" and metatable(new)) then
    return native_gsub(subject, pattern, new, limit)
  end
  subject, pattern = expect_text(subject, 1), expect_text(pattern, 2)
  local call = new
  if kind == "table" then
    call = function(key)
      return new[key]
    end
  end
  if limit ~= nil and type(limit) ~= "number" then
    errors.raise("bad argument #4 to 'gsub' (number expected, got " .. type(limit) .. ")")
  end
  return gsub(subject, pattern, call, limit or #subject + 1)
end

return text
