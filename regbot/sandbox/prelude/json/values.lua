-- Values of JSON that Lua does not have: null, numbers that no double holds, and arrays that may be empty.

local use = ...
local arguments, errors, numbers, objects = use("arguments"), use("errors"), use("json/numbers"), use("objects")

local metatable, rawget, setmetatable, tonumber, type = debug.getmetatable, rawget, setmetatable, tonumber, type

local values = {}

local function refuse_assignment()
  errors.raise("a value of JSON has no fields to assign")
end

values.null = objects.class({
  name = "JSON null",
  index = function() end,
  assign = refuse_assignment,
  text = function()
    return "null"
  end,
})({})

local methods = {}

local make = objects.class({
  name = "JSON number",
  index = function(_, key)
    return methods[key]
  end,
  assign = refuse_assignment,
  text = function(state)
    return state.literal
  end,
})

-- Return a number that keeps its literal.
function values.exact(literal)
  return make({ literal = literal })
end

-- Return the literal of a number that was made so, nil of anything else.
function values.literal(value)
  local state = objects.state(value, "JSON number")
  return state and state.literal
end

function methods.number(self)
  local literal = values.literal(self)
  if not literal then
    arguments.refuse_dot("<number>:number")
  end
  return tonumber(literal)
end

-- What marks an array is a metatable that a script may see: who copies a table with its metatable copies the mark, also
-- who copies the metatable itself.
local ARRAY = { __jsontype = "array" }

-- Mark a table as an array, if it has no metatable of its own; return it.
function values.array(table)
  if not metatable(table) then
    setmetatable(table, ARRAY)
  end
  return table
end

-- Whether a table is marked as an array.
function values.is_array(table)
  local meta = metatable(table)
  return type(meta) == "table" and rawget(meta, "__jsontype") == "array"
end

return values
