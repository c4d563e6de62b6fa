---@meta _

---A draft of an image's name, which a script changes in place. What is set is checked when an operation uses it.
---@class Reference
local Reference = {}

---Returns the tag, `""` where there is none; with an argument, sets it and clears the digest.
---@param tag? string|number `""` clears tag and digest.
---@return string tag Nothing, where it was set.
function Reference:tag(tag) end

---Returns the digest, `""` where there is none; with an argument, sets it and clears the tag.
---@param digest? string|number `""` clears tag and digest.
---@return string digest Nothing, where it was set.
function Reference:digest(digest) end

---Does nothing; for scripts that call it.
function Reference:close() end

---Names of images, as drafts that a script changes.
---@class referencelib
reference = {}

---Makes a reference. Of a reference it makes a copy; `b = a` is the same reference under another name.
---@param image Image
---@return Reference reference
function reference.new(image) end

---Does nothing; for scripts that call it.
---@param reference Image
function reference.close(reference) end
