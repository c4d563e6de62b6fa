-- Where in a document a reader or a writer is, for the text of an error.  *state* is whatever has a `path`, a list of
-- the keys and positions that lead there, and perhaps a `root`, the name of the whole.

local use = ...
local errors, objects = use("errors"), use("objects")

local concat, error, type = table.concat, error, type

local MAX_SHOWN = 200

local place = {}

function place.enter(state, name)
  state.path[#state.path + 1] = name
end

function place.leave(state)
  state.path[#state.path] = nil
end

-- Return `act(state, value)`, done at the place of that name.
function place.within(state, name, act, value)
  place.enter(state, name)
  local result = act(state, value)
  place.leave(state)
  return result
end

-- Raise a plain text, without a position in the script, that says *what* is wrong at this place.
function place.fail(state, what)
  local text = #state.path > 0 and concat(state.path, ".") or state.root or "it"
  error(errors.cut(text, MAX_SHOWN) .. " " .. what, 0)
end

-- Say that a script's value should be something else.
function place.mismatch(state, expected, value)
  place.fail(state, "should be " .. expected .. ", not " .. objects.kind(value))
end

local function kind_of(node)
  if type(node) ~= "table" then
    return "a " .. type(node)
  end
  return node.keys and "an object" or node.items and "an array" or "a number"
end

-- Say that a node of a document should be something else.
function place.unlike(state, expected, node)
  place.fail(state, "should be " .. expected .. ", not " .. kind_of(node))
end

return place
