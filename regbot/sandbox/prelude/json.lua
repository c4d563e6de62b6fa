-- JSON (RFC 8259) to nodes that keep what an exact copy needs: the order of keys, null, and digits of numbers.
--
-- A string, true, false and an integer below 2^53 stand for themselves; `json.NULL` for null; { keys, values } is an
-- object, { items, count } an array, { literal, number } any other number.  A key given twice has its last value.

local use = ...
local numbers, utf8 = use("json/numbers"), use("utf8")

local error, tonumber, abs = error, tonumber, math.abs
local byte, concat, find, format, match, sub =
  string.byte, table.concat, string.find, string.format, string.match, string.sub

local MAX_DEPTH = 128

local json = { NULL = {}, MAX_DEPTH = MAX_DEPTH }

local function fail(position, what)
  error(format("it is no JSON: %s at byte %d", what, position), 0)
end

local function skip(text, position)
  return find(text, "[^ \t\r\n]", position) or #text + 1
end

local function hex(text, position)
  return tonumber(match(text, "^\\u(%x%x%x%x)", position) or "", 16)
end

-- The text of \uXXXX, of a pair of them if they are one character; half a pair is U+FFFD.
local function unicode(text, position)
  local code = hex(text, position) or fail(position, "\\u without four hex digits")
  if code < 0xD800 or code > 0xDFFF then
    return utf8.encode(code), position + 6
  end
  local low = code < 0xDC00 and hex(text, position + 6)
  if low and low >= 0xDC00 and low <= 0xDFFF then
    return utf8.encode(0x10000 + (code - 0xD800) * 0x400 + low - 0xDC00), position + 12
  end
  return "\239\191\189", position + 6
end

local ESCAPES = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}

local function escaped(text, position)
  local letter = sub(text, position + 1, position + 1)
  if letter == "u" then
    return unicode(text, position)
  end
  return ESCAPES[letter] or fail(position, "an unknown escape"), position + 2
end

-- *position* is that of the opening quote, as in all of these.
local function read_string(text, position)
  local first = position + 1
  local stop = find(text, '["\\%z\1-\31]', first)
  if stop and byte(text, stop) == 34 then
    return sub(text, first, stop - 1), stop + 1
  end
  local parts = {}
  while stop and byte(text, stop) == 92 do
    parts[#parts + 1] = sub(text, first, stop - 1)
    parts[#parts + 1], first = escaped(text, stop)
    stop = find(text, '["\\%z\1-\31]', first)
  end
  if not stop or byte(text, stop) ~= 34 then
    fail(stop or #text + 1, "a string without its end")
  end
  parts[#parts + 1] = sub(text, first, stop - 1)
  return concat(parts), stop + 1
end

local function read_number(text, position)
  local literal = match(text, "^-?%d+[%d.eE+-]*", position)
  if not literal or not numbers.is_literal(literal) then
    fail(position, "neither a value nor the end")
  end
  local number = tonumber(literal)
  -- Only digits and a sign: what else there is could be written in more than one way.  2^53 is also next to 2^53 + 1.
  if abs(number) < 2 ^ 53 and literal ~= "-0" and find(literal, "^-?%d+$") then
    return number, position + #literal
  end
  return { literal = literal, number = number }, position + #literal
end

local read_value

local function read_array(text, position, depth)
  local items, count = {}, 0
  position = skip(text, position + 1)
  if byte(text, position) == 93 then
    return { items = items, count = 0 }, position + 1
  end
  while true do
    count = count + 1
    items[count], position = read_value(text, position, depth + 1)
    position = skip(text, position)
    local code = byte(text, position)
    if code == 93 then
      return { items = items, count = count }, position + 1
    elseif code ~= 44 then
      fail(position, "neither , nor ] in an array")
    end
    position = skip(text, position + 1)
  end
end

local function read_member(text, position, object, depth)
  if byte(text, position) ~= 34 then
    fail(position, "no key in an object")
  end
  local key
  key, position = read_string(text, position)
  position = skip(text, position)
  if byte(text, position) ~= 58 then
    fail(position, "no : after a key")
  end
  if object.values[key] == nil then
    object.keys[#object.keys + 1] = key
  end
  object.values[key], position = read_value(text, skip(text, position + 1), depth + 1)
  return skip(text, position)
end

local function read_object(text, position, depth)
  local object = { keys = {}, values = {} }
  position = skip(text, position + 1)
  if byte(text, position) == 125 then
    return object, position + 1
  end
  while true do
    position = read_member(text, position, object, depth)
    local code = byte(text, position)
    if code == 125 then
      return object, position + 1
    elseif code ~= 44 then
      fail(position, "neither , nor } in an object")
    end
    position = skip(text, position + 1)
  end
end

local WORDS = { t = { "true", true }, f = { "false", false }, n = { "null", json.NULL } }

local function read_word(text, position)
  local word = WORDS[sub(text, position, position)]
  if not word or sub(text, position, position + #word[1] - 1) ~= word[1] then
    return read_number(text, position)
  end
  return word[2], position + #word[1]
end

function read_value(text, position, depth)
  if depth > MAX_DEPTH then
    fail(position, "more than " .. MAX_DEPTH .. " levels")
  end
  local code = byte(text, position)
  if code == 34 then
    return read_string(text, position)
  elseif code == 123 then
    return read_object(text, position, depth)
  elseif code == 91 then
    return read_array(text, position, depth)
  end
  return read_word(text, position)
end

-- Return the node of *text*; raises a plain text, without a position in the script.
function json.decode(text)
  local node, position = read_value(text, skip(text, 1), 1)
  position = skip(text, position)
  if position <= #text then
    fail(position, "something after the end")
  end
  return node
end

return json
