---@meta _

---How a health check is made; times are in nanoseconds.
---@class Healthcheck
---@field Test string[] The command.
---@field Interval number From one check to the next.
---@field Timeout number How long a check may take.
---@field StartPeriod number How long failures do not count.
---@field Retries number How many failures in a row are too many.

---How a container of the image is run.
---@class Execution
---@field User string Who runs it.
---@field ExposedPorts table<string, table> The ports, such as `80/tcp`.
---@field Env string[] The environment, such as `PATH=/bin`.
---@field Entrypoint string[] The program.
---@field Cmd string[] Its arguments.
---@field Volumes table<string, table> The paths of volumes.
---@field WorkingDir string Where it starts.
---@field Labels table<string, string> The labels, by name.
---@field StopSignal string What ends it.
---@field StopTimeout? number The seconds until it is killed.
---@field ArgsEscaped boolean Of Windows.
---@field Healthcheck? Healthcheck How to see whether it works.
---@field OnBuild string[] What builds upon it do first.
---@field Shell string[] The shell of commands.

---What the file system is made of.
---@class RootFS
---@field type string Always `layers`.
---@field Type string
---@field diff_ids string[] The digests of the layers, unpacked.
---@field DiffIDs string[]

---How a layer came to be.
---@class History
---@field created? string When.
---@field Created? string
---@field created_by string By which command.
---@field CreatedBy string
---@field author string By whom.
---@field Author string
---@field comment string A remark.
---@field Comment string
---@field empty_layer boolean Whether no layer came of it.
---@field EmptyLayer boolean

---The config of an image: what it is, and how it is run.
---@class Config
---@field created? string When it was made: `2024-01-02 03:04:05 +0000 UTC`.
---@field Created? string
---@field author string Who made it.
---@field Author string
---@field os string Its platform: the operating system.
---@field OS string
---@field architecture string Its platform: the processor.
---@field Architecture string
---@field variant string Its platform: the variant of the processor.
---@field Variant string
---@field ["os.version"] string Its platform: the version of Windows.
---@field OSVersion string
---@field ["os.features"] string[] Its platform: features of Windows.
---@field OSFeatures string[]
---@field features string[] Its platform: features of the processor.
---@field Features string[]
---@field Platform Platform Its platform, one level down as well.
---@field config Execution How it is run.
---@field Config Execution
---@field rootfs RootFS What its file system is made of.
---@field RootFS RootFS
---@field history History[] How its layers came to be.
---@field History History[]
local Config = {}

---Makes a new config of the fields, as they are now; this one stays what it is.
---
---`blob.put` stores it; the digest that this returns belongs into a manifest, see "To change an image".
---@return Config config
function Config:export() end
