-- tag: the tags of a repository.

local use = ...
local arguments, calls = use("arguments"), use("calls")

local LIST_OPTIONS = { limit = "count", last = "text" }
local DELETE_OPTIONS = { missingOk = "flag" }

local tag = {}

function tag.ls(image, options)
  image = arguments.image("tag.ls", "repository", image)
  return calls.perform("tag.ls", { image, arguments.options("tag.ls", LIST_OPTIONS, options) }, 2)
end

function tag.delete(image, options)
  image = arguments.image("tag.delete", "image", image)
  calls.perform("tag.delete", { image, arguments.options("tag.delete", DELETE_OPTIONS, options) }, 2)
end

return tag
