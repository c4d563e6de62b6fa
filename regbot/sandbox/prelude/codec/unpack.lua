-- msgpack to Lua values: frames and payloads of the supervisor.  An integer beyond 2^53 becomes the nearest double.

local use = ...
local errors = use("errors")

local type, byte, sub = type, string.byte, string.sub
local floor, huge, ldexp = math.floor, math.huge, math.ldexp

local MAX_DEPTH = 64

local unpack_value

local function malformed()
  errors.raise("the answer to a call is malformed")
end

local function unsigned(data, position, size)
  local value = 0
  if position + size - 1 > #data then
    malformed()
  end
  for i = position, position + size - 1 do
    value = value * 256 + byte(data, i)
  end
  return value, position + size
end

local function signed(data, position, size)
  local value, after = unsigned(data, position, size)
  if byte(data, position) < 128 then
    return value, after
  elseif size < 8 then
    return value - 2 ^ (8 * size), after
  end
  local high, low = unsigned(data, position, 4), unsigned(data, position + 4, 4)
  return (high - 2 ^ 32) * 2 ^ 32 + low, after
end

local function from_float(negative, exponent, fraction, width, bias)
  local value
  if exponent == 2 * bias + 1 then
    value = fraction == 0 and huge or 0 / 0
  elseif exponent == 0 then
    value = ldexp(fraction, 1 - bias - width)
  else
    value = ldexp(1 + fraction / 2 ^ width, exponent - bias)
  end
  return negative and -value or value
end

local function single(data, position)
  local bits, after = unsigned(data, position, 4)
  return from_float(bits >= 2 ^ 31, floor(bits / 2 ^ 23) % 256, bits % 2 ^ 23, 23, 127), after
end

local function double(data, position)
  local high = unsigned(data, position, 4)
  local low, after = unsigned(data, position + 4, 4)
  return from_float(high >= 2 ^ 31, floor(high / 2 ^ 20) % 2048, high % 2 ^ 20 * 2 ^ 32 + low, 52, 1023), after
end

local function bytes_of(data, position, size)
  if position + size - 1 > #data then
    malformed()
  end
  return sub(data, position, position + size - 1), position + size
end

local function list_of(data, position, count, depth)
  local list = {}
  for i = 1, count do
    list[i], position = unpack_value(data, position, depth + 1)
  end
  return list, position
end

local function map_of(data, position, count, depth)
  local map, key = {}, nil
  for _ = 1, count do
    key, position = unpack_value(data, position, depth + 1)
    if type(key) ~= "string" then
      malformed()
    end
    map[key], position = unpack_value(data, position, depth + 1)
  end
  return map, position
end

-- What has its length in 1, 2 or 4 bytes after the code: { bytes of the length, reader }.
local SIZED = {
  [196] = { 1, bytes_of }, [197] = { 2, bytes_of }, [198] = { 4, bytes_of },
  [217] = { 1, bytes_of }, [218] = { 2, bytes_of }, [219] = { 4, bytes_of },
  [220] = { 2, list_of }, [221] = { 4, list_of }, [222] = { 2, map_of }, [223] = { 4, map_of },
}
local FIXED = {
  [204] = { unsigned, 1 }, [205] = { unsigned, 2 }, [206] = { unsigned, 4 }, [207] = { unsigned, 8 },
  [208] = { signed, 1 }, [209] = { signed, 2 }, [210] = { signed, 4 }, [211] = { signed, 8 },
  [202] = { single }, [203] = { double },
}
local CONSTANTS = { [194] = false, [195] = true }

local function unpack_long(data, position, code, depth)
  local sized, fixed = SIZED[code], FIXED[code]
  if sized then
    local size, after = unsigned(data, position, sized[1])
    return sized[2](data, after, size, depth)
  elseif fixed then
    return fixed[1](data, position, fixed[2])
  elseif code == 192 then
    return nil, position
  elseif CONSTANTS[code] == nil then
    malformed()
  end
  return CONSTANTS[code], position
end

function unpack_value(data, position, depth)
  local code = byte(data, position)
  if not code or depth > MAX_DEPTH then
    malformed()
  end
  position = position + 1
  if code < 128 then
    return code, position
  elseif code >= 224 then
    return code - 256, position
  elseif code >= 192 then
    return unpack_long(data, position, code, depth)
  elseif code >= 160 then
    return bytes_of(data, position, code - 160)
  elseif code >= 144 then
    return list_of(data, position, code - 144, depth)
  end
  return map_of(data, position, code - 128, depth)
end

-- Return the value of a payload or of a frame's body.
return function(data)
  local value, position = unpack_value(data, 1, 1)
  if position ~= #data + 1 then
    malformed()
  end
  return value
end
