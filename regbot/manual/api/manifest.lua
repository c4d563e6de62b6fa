---@meta _

---What a registry says of the pulls that are left.
---@class RateLimit
---@field Set boolean Whether the registry said anything.
---@field Remain number How many pulls remain.
---@field Limit number How many there are in all.
---@field Reset number The seconds until there are more.
---@field Policies string[] What the registry says of its limits.

---The version of a manifest, as it is one level down.
---@class Versioned
---@field schemaVersion number Mostly 2.
---@field SchemaVersion number
---@field mediaType? string Of Docker's manifests.
---@field MediaType? string

---A manifest: an image, or an index of images.
---@class Manifest
---@field schemaVersion number Mostly 2.
---@field SchemaVersion number
---@field mediaType string What the manifest says that it is.
---@field MediaType string
---@field artifactType string What kind of artifact it is.
---@field ArtifactType string
---@field config ConfigDescriptor Of an image: its config.
---@field Config ConfigDescriptor
---@field layers Descriptor[] Of an image: its layers, the lowest first.
---@field Layers Descriptor[]
---@field manifests Descriptor[] Of an index: the images.
---@field Manifests Descriptor[]
---@field blobs Descriptor[] Of an artifact manifest: its content.
---@field Blobs Descriptor[]
---@field subject? Descriptor What it refers to.
---@field Subject? Descriptor
---@field annotations table<string, string> What else is said of it, by name.
---@field Annotations table<string, string>
---@field Versioned Versioned Its version, one level down as well.
local Manifest = {}

---Gets the config of this image; of an index, that of the platform.
---@param platform? PlatformName
---@return Config config
function Manifest:config(platform) end

---Deletes this manifest by its digest, and with it **every** tag that points at it. `tag.delete` deletes only a tag.
---
---What `manifest.get` gives for an index is the manifest of one platform: to delete *that* leaves the index broken.
---Delete what `manifest.getList` or `manifest.head` gives.
function Manifest:delete() end

---Returns its descriptor: media type, digest, size.
---@return Descriptor descriptor
function Manifest:descriptor() end

---Makes a new manifest of the fields, as they are now; this one stays what it is. See "To change an image".
---@return Manifest manifest
function Manifest:export() end

---Gets the manifest once more; of an index, that of the platform.
---@param platform? PlatformName
---@return Manifest manifest
function Manifest:get(platform) end

---Asks for the descriptor and the rate limit once more.
---@return Manifest manifest
function Manifest:head() end

---Stores the manifest under the target's name, byte for byte; changed fields are in it only after an `export`.
---@param target Image
function Manifest:put(target) end

---Returns what the registry said of its pull quota when this manifest was asked for.
---@return RateLimit limit
function Manifest:ratelimit() end

---Waits until enough pulls remain, as `image.ratelimitWait` does.
---@param limit number
---@param poll? Duration
---@param timeout? Duration
---@return boolean enough
function Manifest:ratelimitWait(limit, poll, timeout) end

---Manifests: images and indexes, whole or only by their descriptor.
---@class manifestlib
manifest = {}

---Gets the manifest of an image; of an index, that of the platform.
---@param image Image
---@param platform? PlatformName
---@return Manifest manifest
function manifest.get(image, platform) end

---Gets the manifest as it is: an index stays an index.
---@param image Image
---@return Manifest manifest
function manifest.getList(image) end

---Gets a manifest without a body: it has methods, and no fields. Costs no pull quota.
---@param image Image
---@return Manifest manifest
function manifest.head(image) end

---Returns the descriptor alone. Of a manifest at hand it asks nobody.
---@param image Image
---@return Descriptor descriptor
function manifest.descriptor(image) end

---Stores a manifest, byte for byte, under the target's name.
---
---An image in place of the manifest means its manifest as it is: an index stays an index. What the manifest names must
---be there already: registries look for it, layouts do not.
---@param manifest Image
---@param target Image
function manifest.put(manifest, target) end
