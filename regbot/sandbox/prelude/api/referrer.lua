-- referrer: what refers to an image: signatures, lists of contents, attestations.

local use = ...
local arguments, calls, schema, types = use("arguments"), use("calls"), use("schema"), use("types")

local OPTIONS = { artifactType = "text" }

local referrer = {}

-- Returns the node of JSON that stands for a map of texts.
local function object(map)
  local keys = {}
  for key in next, map do
    keys[#keys + 1] = key
  end
  return { keys = keys, values = map }
end

function referrer.ls(image, options)
  image = arguments.image("referrer.ls", "image", image)
  options = arguments.options("referrer.ls", OPTIONS, options)
  local found = calls.perform("referrer.ls", { image, options }, 2)
  for i, known in ipairs(found) do
    known.annotations = object(known.annotations)
    found[i] = types.made(schema.descriptor, object(known))
  end
  return found
end

return referrer
