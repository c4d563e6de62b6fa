-- image: configs, times, copies, tar files, pull quotas, and older names of what `manifest` does.

local use = ...
local arguments, calls, config = use("arguments"), use("calls"), use("api/config")
local manifest, ratelimit = use("api/manifest"), use("api/ratelimit")

local COPY_OPTIONS = {
  digestTags = "flag", fastCheck = "flag", forceRecursive = "flag", ifExists = "ifExists", includeExternal = "flag",
  platforms = "texts", referrers = "referrers",
}

local image = { manifest = manifest.get, manifestHead = manifest.head, manifestList = manifest.getList }

function image.config(source, platform)
  return config.get("image.config", source, platform)
end

-- Return when an image was created, in seconds since 1970; nil where nobody says.
function image.created(source, platform)
  source = arguments.image("image.created", "image", source)
  platform = arguments.optional("image.created", "platform", "text", platform)
  return calls.perform("image.created", { source, platform }, 2)
end

function image.copy(source, target, options)
  calls.perform("image.copy", {
    arguments.image("image.copy", "source", source),
    arguments.image("image.copy", "target", target),
    arguments.options("image.copy", COPY_OPTIONS, options),
  }, 3)
end

-- Operations with the name of their function, an image and a file.
local function tar(operation, source, file)
  source = arguments.image(operation, "image", source)
  calls.perform(operation, { source, arguments.needed(operation, "file", "text", file) }, 2)
end

function image.exportTar(source, file)
  tar("image.exportTar", source, file)
end

function image.importTar(target, file)
  tar("image.importTar", target, file)
end

function image.ratelimitWait(source, limit, poll, timeout)
  return ratelimit.wait("image.ratelimitWait", source, limit, poll, timeout)
end

return image
