---@meta _

---Which part of a listing is wanted.
---@class (exact) ListOptions
---@field limit? integer At most so many results; 0 or nothing: all.
---@field last? string Only what follows this name.

---The repositories of a registry.
---@class repolib
repo = {}

---Lists the repositories of a registry.
---@param registry string Such as `"localhost:5000"`.
---@param options? ListOptions
---@return string[] repositories
function repo.ls(registry, options) end
