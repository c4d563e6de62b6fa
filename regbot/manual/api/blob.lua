---@meta _

---A blob where it was found, however large it is: none of its methods but `content` reads it.
---@class Blob
---@field digest string Its digest.
---@field Digest string
---@field size? number Its size in bytes; nil where the registry does not tell.
---@field Size? number
local Blob = {}

---*Extension.* Reads its bytes, and verifies them.
---@param max? integer More bytes are an error: 1 MiB by default, at most 8 MiB.
---@return string content
function Blob:content(max) end

---Looks at the blob again.
---@return Blob blob
function Blob:get() end

---Looks at the blob again.
---@return Blob blob
function Blob:head() end

---Stores the blob in the image's repository: mounted or streamed from where it is.
---@param image Image
---@return string digest
---@return number size
function Blob:put(image) end

---Content by its digest.
---@class bloblib
blob = {}

---Looks for a blob of the image's repository; its bytes stay where they are.
---@param image Image
---@param digest? string Without it that of the reference, `app@sha256:…`.
---@return Blob blob
function blob.get(image, digest) end

---Looks for a blob of the image's repository; its bytes stay where they are.
---@param image Image
---@param digest? string Without it that of the reference, `app@sha256:…`.
---@return Blob blob
function blob.head(image, digest) end

---Stores content in the image's repository: a string of at most 8 MiB, the bytes of a config, or a blob, which is
---mounted or streamed from where it is.
---
---What no manifest names in the end is collected: in a layout when regbot ends, in a registry when that collects its
---garbage.
---@param image Image
---@param content string|Blob|Config
---@return string digest
---@return number size
function blob.put(image, content) end
