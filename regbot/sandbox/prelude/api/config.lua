-- image.config: what an image's config says.

local use = ...
local arguments, calls, documents = use("arguments"), use("calls"), use("documents")
local objects, schema = use("objects"), use("schema")

local make = objects.class({
  name = "config",
  index = documents.index({}),
  assign = documents.assign,
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

-- Return the config of an image; an index is resolved to *platform* or to this machine's.
function config.get(caller, image, platform)
  image = arguments.image(caller, "image", image)
  platform = arguments.optional(caller, "platform", "text", platform)
  local state = calls.perform("image.config", { image, platform }, 2)
  state.struct, state.title = schema.config, "the config of " .. state.reference
  return make(state)
end

return config
