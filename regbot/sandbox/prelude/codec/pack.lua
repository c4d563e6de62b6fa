-- Lua values to msgpack, as far as regbot/protocol/values.py reads it.  A string travels as `bin`.  What a script hands
-- over is bounded in depth, number and bytes, and metatables are not looked at.

local use = ...
local errors = use("errors")

local next, rawget, type = next, rawget, type
local char, concat = string.char, table.concat
local abs, floor, frexp, huge, ldexp = math.abs, math.floor, math.frexp, math.huge, math.ldexp

local MAX_DEPTH = 64
local MAX_VALUES = 100000

local msgpack = {}

-- Unsigned and big-endian; exact up to 2^53.
local function big_endian(value, size)
  local bytes = {}
  for i = size, 1, -1 do
    bytes[i] = char(value % 256)
    value = floor(value / 256)
  end
  return concat(bytes)
end

-- The header of something with a length: *codes* for lengths of 1, 2 and 4 bytes (the first may be absent).
local function header(length, codes)
  if codes[1] and length < 256 then
    return char(codes[1], length)
  elseif length < 65536 then
    return char(codes[2], floor(length / 256), length % 256)
  end
  return char(codes[3]) .. big_endian(length, 4)
end

local BIN, STR = { 196, 197, 198 }, { 217, 218, 219 }
local LIST, MAP = { false, 220, 221 }, { false, 222, 223 }

-- Return the msgpack of names of ours: `str`, which scripts' text never is.
function msgpack.str(text)
  return (#text < 32 and char(160 + #text) or header(#text, STR)) .. text
end

-- Return the msgpack of bytes.
function msgpack.bin(bytes)
  return header(#bytes, BIN) .. bytes
end

local function sign_and_magnitude(value)
  local negative = value < 0 or value == 0 and 1 / value < 0
  return negative and 128 or 0, abs(value)
end

-- IEEE 754 binary64, big-endian.
local function float(value)
  if value ~= value then
    return "\203\127\248\0\0\0\0\0\0"
  end
  local sign, magnitude = sign_and_magnitude(value)
  local exponent, fraction = 0, 0
  if magnitude == huge then
    exponent = 2047
  elseif magnitude > 0 then
    local mantissa, power = frexp(magnitude)
    exponent = power + 1022
    if exponent > 0 then
      fraction = (mantissa * 2 - 1) * 2 ^ 52
    else
      exponent, fraction = 0, ldexp(mantissa, 52 + power + 1022)
    end
  end
  local high = floor(fraction / 2 ^ 48)
  return char(203, sign + floor(exponent / 16), exponent % 16 * 16 + high) .. big_endian(fraction % 2 ^ 48, 6)
end

-- Return the msgpack of a number: an integer where it is one that a double holds exactly, else a double.
function msgpack.number(value)
  if value ~= floor(value) or abs(value) > 2 ^ 53 or value == 0 and 1 / value < 0 then
    return float(value)
  elseif value >= 0 then
    if value < 128 then
      return char(value)
    end
    return value < 2 ^ 32 and char(206) .. big_endian(value, 4) or char(207) .. big_endian(value, 8)
  elseif value >= -32 then
    return char(256 + value)
  elseif value >= -2 ^ 31 then
    return char(210) .. big_endian(2 ^ 32 + value, 4)
  end
  -- 2^64 + value is no double: high and low half each are.
  return char(211) .. big_endian(2 ^ 32 + floor(value / 2 ^ 32), 4) .. big_endian(value % 2 ^ 32, 4)
end

local pack_value

-- Counts one value of *size* bytes at least; what a table is made of counts each time that it is met.
local function take(state, size, depth)
  state.values, state.bytes = state.values + 1, state.bytes + size
  if depth > MAX_DEPTH then
    errors.raise("a table is nested deeper than " .. MAX_DEPTH .. ", or holds itself")
  elseif state.values > MAX_VALUES then
    errors.raise("the arguments hold more than " .. MAX_VALUES .. " values")
  elseif state.bytes > state.most then
    state.full(state.bytes)
  end
end

local function put(state, bytes)
  state[#state + 1] = bytes
end

-- Returns how many entries a table has and whether they are those of a list; raises where it is neither list nor map.
local function shape(value)
  local count, named = 0, 0
  for key in next, value do
    count = count + 1
    if type(key) == "string" then
      named = named + 1
    elseif type(key) ~= "number" then
      errors.raise("a table has a key that is a " .. type(key) .. ", only text and the numbers of a list can be sent")
    end
  end
  if named == 0 and count == #value then
    return count, true
  elseif named < count then
    errors.raise("a table is neither a list without gaps nor a map with text as its keys")
  end
  return count, false
end

local function pack_table(state, value, depth)
  local count, is_list = shape(value)
  if is_list then
    put(state, count < 16 and char(144 + count) or header(count, LIST))
    for i = 1, count do
      pack_value(state, rawget(value, i), depth + 1)
    end
    return
  end
  put(state, count < 16 and char(128 + count) or header(count, MAP))
  for key, item in next, value do
    state.bytes = state.bytes + #key
    put(state, msgpack.bin(key))
    pack_value(state, item, depth + 1)
  end
end

function pack_value(state, value, depth)
  local kind = type(value)
  take(state, kind == "string" and #value or 1, depth)
  if kind == "nil" then
    put(state, "\192")
  elseif kind == "boolean" then
    put(state, value and "\195" or "\194")
  elseif kind == "number" then
    put(state, msgpack.number(value))
  elseif kind == "string" then
    put(state, msgpack.bin(value))
  elseif kind == "table" then
    pack_table(state, value, depth)
  else
    errors.raise("a " .. kind .. " cannot be sent")
  end
end

-- Return the payload of one value, which is bounded already.
function msgpack.value(value)
  local state = { values = 0, bytes = 0, most = huge }
  pack_value(state, value, 1)
  return concat(state)
end

-- Return the payload of the first *count* items of *list*, nil among them.  Of more than *most* bytes it is not made:
-- *full* is called with how many it would be at least, and does not return.
function msgpack.list(list, count, most, full)
  -- The list itself is the first value.
  local state = { values = 1, bytes = 0, most = most, full = full }
  put(state, count < 16 and char(144 + count) or header(count, LIST))
  for i = 1, count do
    pack_value(state, list[i], 2)
  end
  return concat(state)
end

return msgpack
