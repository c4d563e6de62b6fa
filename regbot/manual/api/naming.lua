---@meta _

---Wherever a function takes an image, it takes a string such as `alpine` or `localhost:5000/app:v1`, a reference, or
---a manifest or a config, which mean the image that they were got from.
---@alias Image string|Reference|Manifest|Config

---A platform such as `linux/arm64`. It is looked at only where the image is an index; this machine's is the default.
---@alias PlatformName string

---A duration, written as in the configuration: `90s`, `5m`, `1h30m`.
---@alias Duration string

---The path of a file, beneath the folder that `--files` names.
---@alias FilePath string
