-- reference: the name of an image, as a draft that a script changes in place.  What is set is not checked here: an
-- operation refuses a reference that is none.

local use = ...
local arguments, calls, errors, objects = use("arguments"), use("calls"), use("errors"), use("objects")

local find, select, type = string.find, select, type

local reference, methods = {}, {}

local function text_of(state)
  local tag = state.tag ~= "" and ":" .. state.tag or ""
  local digest = state.digest ~= "" and "@" .. state.digest or ""
  return state.repository .. tag .. digest
end

local make = objects.class({
  name = "reference",
  index = function(_, key)
    return methods[key]
  end,
  assign = function()
    errors.raise("the fields of a reference cannot be assigned; set its tag with :tag(x), its digest with :digest(x)")
  end,
  text = text_of,
  image = text_of,
})

-- The state of a reference, or a new one for whatever else means an image.
local function state_of(caller, value)
  local state = objects.state(value, "reference")
  if state then
    return state
  end
  local image = arguments.image(caller, "image", value)
  return calls.perform("reference.new", { type(image) == "table" and image.reference or image }, 1)
end

function reference.new(value)
  local state = state_of("reference.new", value)
  return make({ repository = state.repository, tag = state.tag, digest = state.digest })
end

-- Nothing to close: an operation leaves nothing open.
function reference.close(value)
  state_of("<reference>:close", value)
end

-- Whether a setter was called with a dot: on no image, or on a text in which nobody names one.
local function is_argument(value)
  return value == nil or type(value) == "string" and not find(value, "[/:]")
end

-- The setters hand over what they got, so that :tag(nil) is the mistake that it looks like.
local function setter(field, other)
  return function(value, ...)
    if is_argument(value) then
      arguments.refuse_dot("<reference>:" .. field)
    end
    local state = state_of("<reference>:" .. field, value)
    if select("#", ...) == 0 then
      return state[field]
    end
    local text = ...
    if type(text) == "number" then
      text = text .. ""
    end
    state[field] = arguments.needed("<reference>:" .. field, field, "text", text)
    state[other] = ""
  end
end

methods.tag, methods.digest, methods.close = setter("tag", "digest"), setter("digest", "tag"), reference.close

return reference
