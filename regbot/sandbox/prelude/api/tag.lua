-- tag: the tags of a repository.

local use = ...
local arguments, calls = use("arguments"), use("calls")

local OPTIONS = { limit = "count", last = "text" }

local tag = {}

function tag.ls(image, options)
  image = arguments.image("tag.ls", "repository", image)
  return calls.perform("tag.ls", { image, arguments.options("tag.ls", OPTIONS, options) }, 2)
end

function tag.delete(image)
  calls.perform("tag.delete", { arguments.image("tag.delete", "image", image) }, 1)
end

return tag
