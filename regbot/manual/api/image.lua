---@meta _

---*Extension.* Which referrers are meant.
---@class (exact) ReferrerOptions
---@field artifactType? string Only what is of this type.

---@class (exact) CopyOptions
---@field digestTags? boolean Also tags such as `sha256-….sig` that belong to the image.
---*Extension.* Where the target's tag is that image already, do nothing at all, whatever else is asked for.
---@field fastCheck? boolean
---@field forceRecursive? boolean Look at every part, though the target has the image already.
---*Extension.* Where the target's tag is there already: `"replace"` it, as without this option; `"skip"` the copy;
---`"same"`: an error if it is another image; `"fail"`: an error.
---@field ifExists? "replace"|"skip"|"same"|"fail"
---@field includeExternal? boolean Also layers that are kept elsewhere.
---Of an index only the images of these platforms, and the index as it is; not every registry takes that. Such an index
---can be copied on only with `platforms`, and not exported. None that matches is an error.
---@field platforms? string[]
---*Extension.* Also what refers to the image, such as signatures: all of it, or only what has a type.
---@field referrers? boolean|ReferrerOptions

---Configs, copies, tar files and pull quotas.
---@class imagelib
image = {}

---Gets the config of an image; of an index, that of the platform.
---@param image Image
---@param platform? PlatformName
---@return Config config
function image.config(image, platform) end

---Copies an image or a whole index; nothing is sent that is there already.
---
---```lua
---image.copy("alpine:3.20", "localhost:5000/mirror/alpine:3.20", {platforms = {"linux/amd64", "linux/arm64"}})
---```
---@param source Image
---@param target Image
---@param options? CopyOptions
function image.copy(source, target, options) end

---*Extension.* Returns when the image was created, in seconds since 1970; nil where nobody says.
---
---It is what the config says, or else the annotation `org.opencontainers.image.created` of the manifest.
---Year 1, which Go writes for no time at all, says nothing. Of an index without an image for this machine the index is
---asked, and that mostly says nothing.
---@param image Image
---@param platform? PlatformName
---@return number? created
function image.created(image, platform) end

---Writes an image or a whole index to a tar file, which appears when it is whole, also in a dry run.
---@param image Image
---@param file FilePath
function image.exportTar(image, file) end

---Stores the image of a tar file under the target's name.
---@param target Image
---@param file FilePath
function image.importTar(target, file) end

---Waits until at least *limit* pulls remain.
---@param image Image
---@param limit number Its fraction does not count.
---@param poll? Duration How long to wait before it asks again: `"5m"` by default.
---@param timeout? Duration How long to wait in all: `"6h"` by default.
---@return boolean enough true also where the registry names no limit; false when the time is over.
function image.ratelimitWait(image, limit, poll, timeout) end

---An older name of `manifest.get`.
---@param image Image
---@param platform? PlatformName
---@return Manifest manifest
function image.manifest(image, platform) end

---An older name of `manifest.getList`.
---@param image Image
---@return Manifest manifest
function image.manifestList(image) end

---An older name of `manifest.head`.
---@param image Image
---@return Manifest manifest
function image.manifestHead(image) end
