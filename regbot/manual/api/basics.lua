---@meta _

---*Extension.* What went wrong in a call by `try`. `tostring` and `..` give its message.
---@class ErrorObject
---@field message string The text that `pcall` gives.
---@field operation? string What failed, such as `image.copy`.
---@field line? integer The line of the script.
---@field code? string What the registry calls it, such as `MANIFEST_UNKNOWN`; or regbot, such as `UNREACHABLE`.
---@field status? integer The status of the registry's answer, such as 404; nil where none came, and for layouts.
---@field registry? string The registry.
---@field repository? string The repository, or the folder of a layout.

---*Extension.* Calls a function; returns its results, or nil and an error object.
---
---What was raised as a table, or as anything else that is no text, is handed on as it is.
---@generic T
---@param fn fun(...): T
---@param ... any What the function is called with.
---@return T? result The results of the function, all of them.
---@return ErrorObject problem
function try(fn, ...) end

---Returns a module: regbot's own `glob`, `json`, `re`, `retention`, `semver` and `time`, or one of your own.
---
---It is loaded when it is required for the first time. One that does not exist is an error that lists those that do.
---@param name string
---@return any module
function require(name) end
