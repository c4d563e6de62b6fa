---@meta _

---@class (exact) TagDeleteOptions
---@field missingOk? boolean *Extension.* A tag that is not there is no error.

---The tags of a repository.
---@class taglib
tag = {}

---Lists the tags of the image's repository, in the registry's order.
---@param image Image
---@param options? ListOptions
---@return string[] tags
function tag.ls(image, options) end

---Deletes a tag, and leaves every other tag of the same manifest.
---
---A registry's image without a tag is `latest`, as everywhere.
---@param image Image
---@param options? TagDeleteOptions
function tag.delete(image, options) end
