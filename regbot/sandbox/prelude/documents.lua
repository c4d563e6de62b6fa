-- Manifests and image configs as objects: bytes as received, whose JSON is read when a script first asks for a field.

local use = ...
local errors, types = use("errors"), use("types")

local pcall = pcall

local documents = {}

-- Return the table of a document's fields.  *state* has `body`, `struct` and `title`, what the text of an error calls it.
local function fields(state)
  if not state.fields then
    local ok, result = pcall(types.document, state.struct, state.body)
    if not ok then
      errors.raise(state.title .. " cannot be read: " .. errors.caught(result))
    end
    state.fields = result
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
  errors.raise("the field " .. tostring(key) .. " of " .. state.title .. " cannot be assigned")
end

return documents
