-- manifest: images and indexes, whole or only by their descriptor.

local use = ...
local arguments, calls, config, documents = use("arguments"), use("calls"), use("api/config"), use("documents")
local errors, objects, ratelimit, schema = use("errors"), use("objects"), use("api/ratelimit"), use("schema")
local types = use("types")

local type = type

local methods = {}

-- The wire form of this very manifest.
local function itself(state)
  return { reference = state.reference, digest = state.descriptor.digest }
end

-- One that was exported and is not stored yet means the image that it was made from.
local function image_of(state)
  return state.source or itself(state)
end

local make = objects.class({
  name = "manifest",
  index = documents.index(methods),
  assign = documents.assign(methods),
  text = function(state)
    local descriptor = state.descriptor
    return state.body or descriptor.mediaType .. " " .. descriptor.digest .. " of " .. descriptor.size .. " bytes"
  end,
  image = image_of,
})

local function title_of(state)
  return "the manifest of " .. state.reference
end

local function made(state)
  state.struct, state.title = schema.manifest(state.descriptor.mediaType), title_of(state)
  return make(state)
end

local function get(caller, image, platform)
  image = arguments.image(caller, "image", image)
  platform = arguments.optional(caller, "platform", "text", platform)
  return made(calls.perform("manifest.get", { image, platform }, 2))
end

local function head(caller, image)
  return made(calls.perform("manifest.head", { arguments.image(caller, "image", image) }, 1))
end

local function state_of(caller, value)
  local state = objects.state(value, "manifest")
  if not state then
    arguments.refuse_dot(caller)
  end
  return state
end

local function descriptor_of(state)
  local known = state.descriptor
  return (types.made(schema.descriptor, {
    keys = { "mediaType", "digest", "size" },
    values = { mediaType = known.mediaType, digest = known.digest, size = known.size },
  }))
end

-- The wire form of a manifest that is to be stored: its bytes, where they are at hand.
local function content_of(caller, value)
  local state = objects.state(value, "manifest")
  if state and state.body then
    return { reference = state.reference, mediaType = state.descriptor.mediaType, body = state.body }
  end
  return arguments.image(caller, "manifest", value)
end

-- From now on an exported manifest means what it is stored as.
local function settle(value, target)
  local state = objects.state(value, "manifest")
  if state and state.source then
    state.reference = type(target) == "table" and target.reference or target
    state.source, state.title = nil, title_of(state)
  end
end

local function put(caller, value, target)
  local content = content_of(caller, value)
  target = arguments.image(caller, "target", target)
  calls.perform("manifest.put", { content, target }, 2)
  settle(value, target)
end

local manifest = {}

function manifest.get(image, platform)
  return get("manifest.get", image, platform)
end

function manifest.getList(image)
  return made(calls.perform("manifest.getList", { arguments.image("manifest.getList", "image", image) }, 1))
end

function manifest.head(image)
  return head("manifest.head", image)
end

function manifest.put(source, target)
  put("manifest.put", source, target)
end

function manifest.descriptor(image)
  local state = objects.state(image, "manifest") or objects.state(head("manifest.descriptor", image))
  return descriptor_of(state)
end

function methods.get(self, platform)
  state_of("<manifest>:get", self)
  return get("<manifest>:get", self, platform)
end

function methods.head(self)
  state_of("<manifest>:head", self)
  return head("<manifest>:head", self)
end

function methods.config(self, platform)
  state_of("<manifest>:config", self)
  return config.get("<manifest>:config", self, platform)
end

function methods.delete(self)
  calls.perform("manifest.delete", { itself(state_of("<manifest>:delete", self)) }, 1)
end

-- What is changed and not exported keeps its bytes, as in the Go program: put stores the manifest that was got.
function methods.export(self)
  local state = state_of("<manifest>:export", self)
  if not state.body then
    errors.raise("<manifest>:export: manifest.head gets no fields that could be exported; use manifest.get")
  end
  local body, media_type = documents.export("<manifest>:export", state, "mediaType")
  if media_type == nil or media_type == "" then
    media_type = state.descriptor.mediaType
  end
  local content = { reference = state.reference, mediaType = media_type, body = body }
  local described = calls.perform("manifest.export", { content }, 1)
  return made({
    reference = state.reference, source = image_of(state), body = body, descriptor = described.descriptor,
    ratelimit = described.ratelimit,
  })
end

function methods.put(self, target)
  state_of("<manifest>:put", self)
  put("<manifest>:put", self, target)
end

function methods.descriptor(self)
  return descriptor_of(state_of("<manifest>:descriptor", self))
end

function methods.ratelimit(self)
  return ratelimit.copy(state_of("<manifest>:ratelimit", self).ratelimit)
end

function methods.ratelimitWait(self, limit, poll, timeout)
  state_of("<manifest>:ratelimitWait", self)
  return ratelimit.wait("<manifest>:ratelimitWait", self, limit, poll, timeout)
end

-- m:config() finds the field and calls that.
schema.config_descriptor.meta.__call = function(_, ...)
  return methods.config(...)
end

return manifest
