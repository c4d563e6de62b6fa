-- repo: the repositories of a registry.

local use = ...
local arguments, calls = use("arguments"), use("calls")

local OPTIONS = { limit = "count", last = "text" }

local repo = {}

function repo.ls(registry, options)
  registry = arguments.needed("repo.ls", "registry", "text", registry)
  return calls.perform("repo.ls", { registry, arguments.options("repo.ls", OPTIONS, options) }, 2)
end

return repo
