-- image.config: what an image's config says, and new ones of changed fields.

local use = ...
local arguments, calls, documents = use("arguments"), use("calls"), use("documents")
local objects, schema = use("objects"), use("schema")

local match = string.match

local MAX_CONFIG = 8 * 1024 * 1024

local methods = {}

local make = objects.class({
  name = "config",
  index = documents.index(methods),
  assign = documents.assign(methods),
  text = function(state)
    return state.body
  end,
  image = function(state)
    return { reference = state.reference, digest = state.digest }
  end,
  content = function(state)
    return state.body
  end,
})

local config = {}

local function made(reference, digest, body)
  return make({
    reference = reference, digest = digest, body = body, struct = schema.config, title = "the config of " .. reference,
  })
end

-- Returns the config that an exported manifest names where it is not stored yet, so that no registry knows of it.
local function of_exported(value)
  local state = objects.state(value, "manifest")
  local known = state and state.source and value.config
  if not known or known.digest == "" then
    return nil
  end
  local name = match(state.reference, "^[^@]*") .. "@" .. known.digest
  local body = calls.perform("blob.content", { { reference = name, size = known.size }, MAX_CONFIG }, 2)
  return made(state.reference, state.source.digest, body)
end

-- Return the config of an image; an index is resolved to *platform* or to this machine's.
function config.get(caller, image, platform)
  local exported = of_exported(image)
  if exported then
    return exported
  end
  image = arguments.image(caller, "image", image)
  platform = arguments.optional(caller, "platform", "text", platform)
  local found = calls.perform("image.config", { image, platform }, 2)
  return made(found.reference, found.digest, found.body)
end

-- A new config is no image's yet, and so means the image that the old one was got from.
function methods.export(self)
  local state = objects.state(self, "config")
  if not state then
    arguments.refuse_dot("<config>:export")
  end
  return made(state.reference, state.digest, (documents.export("<config>:export", state)))
end

return config
