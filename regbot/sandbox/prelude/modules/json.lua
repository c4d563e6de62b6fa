-- The module `json`: JSON (RFC 8259) to Lua values and back, with what Lua has no value for.

local use = ...
local any, arguments, errors, json = use("json/any"), use("arguments"), use("errors"), use("json")
local numbers, objects, quote, values = use("json/numbers"), use("objects"), use("json/quote"), use("json/values")
local writer = use("json/writer")

local next, pcall, rep, type = next, pcall, string.rep, type

local MAX_TEXT = 8 * 1024 * 1024
local MAX_LITERAL = 4096
local MAX_INDENT = 16
local OPTIONS = { indent = "count" }

local module = { null = values.null }

local function expect_text(caller, name, value, limit)
  if type(value) ~= "string" then
    errors.raise(caller .. ": the " .. name .. " should be a string, not " .. objects.kind(value))
  elseif #value > limit then
    errors.raise(caller .. ": the " .. name .. " has " .. #value .. " bytes: at most " .. limit .. " are read")
  end
end

-- Returns the value of a node, whose tables become those of the value.
local function value_of(node)
  if type(node) ~= "table" then
    return node
  elseif node == json.NULL then
    return values.null
  elseif node.literal then
    return numbers.is_exact(node.literal, node.number) and node.number or values.exact(node.literal)
  end
  local table = node.items or node.values
  for key, item in next, table do
    if type(item) == "table" then
      table[key] = value_of(item)
    end
  end
  return node.items and values.array(table) or table
end

-- Return the value that a JSON text stands for.
function module.decode(text)
  expect_text("json.decode", "text", text, MAX_TEXT)
  local ok, node = pcall(json.decode, text)
  if not ok then
    errors.raise("json.decode: " .. errors.caught(node))
  end
  return value_of(node)
end

local function written(value, indent)
  local out = writer.new({ quote = quote.minimal, indent = indent, root = "the value" })
  any.write(out, value)
  return writer.text(out)
end

-- Return a value as JSON: on one line, or with every level indented.
function module.encode(value, options)
  options = arguments.options("json.encode", OPTIONS, options) or {}
  if value == nil then
    errors.raise("json.encode: the value is nil; null is json.null")
  elseif options.indent and options.indent > MAX_INDENT then
    errors.raise('json.encode: the option "indent" should be at most ' .. MAX_INDENT)
  end
  local ok, text = pcall(written, value, options.indent and rep(" ", options.indent))
  if not ok then
    errors.raise("json.encode: " .. errors.caught(text))
  end
  return text
end

-- Return a number that keeps all its digits.
function module.number(literal)
  expect_text("json.number", "number", literal, MAX_LITERAL)
  if not numbers.is_literal(literal) then
    errors.raise("json.number: a number of JSON was expected, such as 12345678901234567890")
  end
  return values.exact(literal)
end

-- Mark a table as an array, which matters as long as it is empty; return it.
function module.array(table)
  table = table == nil and {} or table
  if type(table) ~= "table" then
    errors.raise("json.array: a table was expected, not " .. objects.kind(table))
  end
  values.array(table)
  if not values.is_array(table) then
    errors.raise("json.array: the table has a metatable of its own")
  end
  return table
end

return module
