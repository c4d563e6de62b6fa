-- image: configs, copies, pull quotas, and older names of what `manifest` does.

local use = ...
local arguments, calls, config = use("arguments"), use("calls"), use("api/config")
local manifest, ratelimit = use("api/manifest"), use("api/ratelimit")

local COPY_OPTIONS = { digestTags = "flag", forceRecursive = "flag", includeExternal = "flag", platforms = "texts" }

local image = { manifest = manifest.get, manifestHead = manifest.head, manifestList = manifest.getList }

function image.config(source, platform)
  return config.get("image.config", source, platform)
end

function image.copy(source, target, options)
  calls.perform("image.copy", {
    arguments.image("image.copy", "source", source),
    arguments.image("image.copy", "target", target),
    arguments.options("image.copy", COPY_OPTIONS, options),
  }, 3)
end

function image.ratelimitWait(source, limit, poll, timeout)
  return ratelimit.wait("image.ratelimitWait", source, limit, poll, timeout)
end

return image
