-- Manifests and image configs as objects: bytes as received, whose JSON is read when a script first asks for a field.

local use = ...
local errors, json, types = use("errors"), use("json"), use("types")

local pcall, type = pcall, type

local documents = {}

local function read(state)
  return types.made(state.struct, json.decode(state.body))
end

-- Return the table of a document's fields.  *state* has `body`, `struct`, and `title` for the text of an error.
local function fields(state)
  if not state.fields then
    local ok, result, origin = pcall(read, state)
    if not ok then
      errors.raise(state.title .. " cannot be read: " .. errors.caught(result))
    end
    state.fields, state.origin = result, origin
  end
  return state.fields
end

-- Return `index` of a class: the fields of its struct, then *methods*, then whatever else the JSON holds.
function documents.index(methods)
  return function(state, key)
    if state.body and (state.struct.names[key] or methods[key] == nil) then
      return fields(state)[key]
    end
    return methods[key]
  end
end

-- `assign` of a class.
function documents.assign(state, key)
  local name = type(key) == "string" and 'the field "' .. key .. '"' or "a field whose name is a " .. type(key)
  errors.raise(name .. " of " .. state.title .. " cannot be assigned")
end

return documents
