-- blob: content by its digest.  An object knows where a blob is and how large it is; the bytes stay there, and nothing
-- is left open, until a script asks for them.

local use = ...
local arguments, calls, errors, objects = use("arguments"), use("calls"), use("errors"), use("objects")

local format = string.format

local FIELDS = { digest = "digest", Digest = "digest", size = "size", Size = "size" }

local blob, methods = {}, {}

local function name_of(state)
  return state.repository .. "@" .. state.digest
end

local function wire(state)
  return { reference = name_of(state), size = state.size }
end

local make = objects.class({
  name = "blob",
  index = function(state, key)
    return methods[key] or FIELDS[key] and state[FIELDS[key]]
  end,
  assign = function()
    errors.raise("the fields of a blob cannot be assigned; other content is another blob, made with blob.put")
  end,
  text = function(state)
    local size = state.size and format("%d bytes", state.size) or "unknown size"
    return format("blob %s of %s in %s", state.digest, size, state.repository)
  end,
  content = wire,
})

local function look(operation, image, digest)
  return make(calls.perform(operation, { image, digest }, 2))
end

local function find(operation, image, digest)
  image = arguments.image(operation, "image", image)
  return look(operation, image, arguments.optional(operation, "digest", "text", digest))
end

local function put(caller, image, content)
  local stored = calls.perform("blob.put", { arguments.image(caller, "image", image), content }, 2)
  return stored.digest, stored.size
end

local function state_of(caller, value)
  local state = objects.state(value, "blob")
  if not state then
    arguments.refuse_dot(caller)
  end
  return state
end

function blob.get(image, digest)
  return find("blob.get", image, digest)
end

function blob.head(image, digest)
  return find("blob.head", image, digest)
end

function blob.put(image, content)
  return put("blob.put", image, arguments.content("blob.put", "content", content))
end

function methods.get(self)
  return look("blob.get", name_of(state_of("<blob>:get", self)))
end

function methods.head(self)
  return look("blob.head", name_of(state_of("<blob>:head", self)))
end

function methods.put(self, image)
  return put("<blob>:put", image, wire(state_of("<blob>:put", self)))
end

function methods.content(self, max)
  local stored = wire(state_of("<blob>:content", self))
  return calls.perform("blob.content", { stored, arguments.optional("<blob>:content", "max", "count", max) }, 2)
end

return blob
