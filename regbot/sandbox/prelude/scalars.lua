-- Kinds (types) of values that are no tables.

local use = ...
local civil, gotime, json, numbers = use("civil"), use("gotime"), use("json"), use("json/numbers")
local place, values, writer = use("json/place"), use("json/values"), use("json/writer")

local NULL = json.NULL
local find, floor, format, type = string.find, math.floor, string.format, type

local scalars = {}

-- Returns a kind of values that are no tables: `convert(node)` gives the value, `spell(out, value, node)` its JSON;
-- both give nil for what is no such value.
local function scalar(zero, expected, convert, spell)
  return {
    zero = function()
      return zero
    end,
    read = function(doc, node)
      if node == NULL then
        return zero
      end
      local value = convert(node)
      if value == nil then
        place.unlike(doc, expected, node)
      end
      return value
    end,
    empty = function(value)
      return value == nil or value == zero
    end,
    write = function(out, value, node)
      if value == nil then
        value = zero
      end
      writer.put(out, spell(out, value, node) or place.mismatch(out, expected, value))
    end,
  }
end

local function only(wanted)
  return function(node)
    if type(node) == wanted then
      return node
    end
  end
end

scalars.text = scalar("", "a string", only("string"), function(out, value)
  return type(value) == "string" and writer.quoted(out, value)
end)

scalars.flag = scalar(false, "true or false", only("boolean"), function(_, value)
  return value == true and "true" or value == false and "false"
end)

scalars.integer = scalar(0, "a whole number", function(node)
  local value = type(node) == "table" and node.number or node
  if type(value) == "number" and value == floor(value) then
    return value
  end
end, function(out, value, node)
  if type(node) == "table" and node.number == value then
    return node.literal
  end
  local literal = values.literal(value)
  literal = literal and find(literal, "^%-?%d+$") and literal or numbers.integer(value)
  if not literal and type(value) == "number" then
    place.fail(out, format("should be a whole number of at most 64 bits, not %.7g", value))
  end
  return literal
end)

scalars.time = scalar(nil, "a time of RFC 3339", function(node)
  return type(node) == "string" and gotime(node) or nil
end, function(out, value)
  local time, problem = nil, nil
  if type(value) == "string" then
    time, problem = civil.parse(value)
  end
  if problem then
    place.fail(out, "should be a time of RFC 3339: " .. problem)
  end
  return time and writer.quoted(out, civil.text(time))
end)

return scalars
