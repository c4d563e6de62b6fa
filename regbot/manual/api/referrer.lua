---@meta _

---*Extension.* What refers to an image: signatures, lists of its parts.
---@class referrerlib
referrer = {}

---*Extension.* Lists the descriptors of what refers to an image; of an index to that, and not to the images in it.
---@param image Image
---@param options? ReferrerOptions
---@return Descriptor[] referrers
function referrer.ls(image, options) end
