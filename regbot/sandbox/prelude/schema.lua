-- The documents whose fields a script may read (OCI image specification; Docker's image manifest version 2), with the
-- names and in the order of regclient's Go types.  A row is: JSON name, Go name, kind, and ALWAYS where Go writes the
-- field also when it is empty.

local use = ...
local types = use("types")

local text, flag, integer, time = types.text, types.flag, types.integer, types.time
local empty, list, map, optional, struct = types.empty, types.list, types.map, types.optional, types.struct

local ALWAYS = true

local schema = {}

local PLATFORM = {
  { "architecture", "Architecture", text, ALWAYS },
  { "os", "OS", text, ALWAYS },
  { "os.version", "OSVersion", text },
  { "os.features", "OSFeatures", list(text) },
  { "variant", "Variant", text },
  { "features", "Features", list(text) },
}
local platform = struct(PLATFORM)

local DESCRIPTOR = {
  { "mediaType", "MediaType", text, ALWAYS },
  { "digest", "Digest", text, ALWAYS },
  { "size", "Size", integer, ALWAYS },
  { "urls", "URLs", list(text) },
  { "annotations", "Annotations", map(text) },
  { "data", "Data", text },
  { "platform", "Platform", optional(platform) },
  { "artifactType", "ArtifactType", text },
}
schema.descriptor = struct(DESCRIPTOR)

-- The `config` of a manifest hides the method of that name, and so is called in its place.
schema.config_descriptor = struct(DESCRIPTOR)

local versioned = struct({ { "schemaVersion", "SchemaVersion", integer, ALWAYS } })
local docker_versioned = struct({
  { "schemaVersion", "SchemaVersion", integer, ALWAYS },
  { "mediaType", "MediaType", text },
})

local oci_image = struct({
  { false, "Versioned", versioned },
  { "mediaType", "MediaType", text },
  { "artifactType", "ArtifactType", text },
  { "config", "Config", schema.config_descriptor, ALWAYS },
  { "layers", "Layers", list(schema.descriptor), ALWAYS },
  { "subject", "Subject", optional(schema.descriptor) },
  { "annotations", "Annotations", map(text) },
})

local oci_index = struct({
  { false, "Versioned", versioned },
  { "mediaType", "MediaType", text },
  { "artifactType", "ArtifactType", text },
  { "manifests", "Manifests", list(schema.descriptor), ALWAYS },
  { "subject", "Subject", optional(schema.descriptor) },
  { "annotations", "Annotations", map(text) },
})

local oci_artifact = struct({
  { "mediaType", "MediaType", text, ALWAYS },
  { "artifactType", "ArtifactType", text },
  { "blobs", "Blobs", list(schema.descriptor) },
  { "subject", "Subject", optional(schema.descriptor) },
  { "annotations", "Annotations", map(text) },
})

local docker_image = struct({
  { false, "Versioned", docker_versioned },
  { "config", "Config", schema.config_descriptor, ALWAYS },
  { "layers", "Layers", list(schema.descriptor), ALWAYS },
  { "annotations", "Annotations", map(text) },
})

local docker_list = struct({
  { false, "Versioned", docker_versioned },
  { "manifests", "Manifests", list(schema.descriptor), ALWAYS },
  { "annotations", "Annotations", map(text) },
})

-- What Go calls the version of any manifest; here it is written where it is said.
local said_versioned = struct({
  { "schemaVersion", "SchemaVersion", integer },
  { "mediaType", "MediaType", text },
})
local unknown = struct({ { false, "Versioned", said_versioned } })

local MANIFESTS = {
  ["application/vnd.oci.image.manifest.v1+json"] = oci_image,
  ["application/vnd.oci.image.index.v1+json"] = oci_index,
  ["application/vnd.oci.artifact.manifest.v1+json"] = oci_artifact,
  ["application/vnd.docker.distribution.manifest.v2+json"] = docker_image,
  ["application/vnd.docker.distribution.manifest.list.v2+json"] = docker_list,
}

-- Return the struct of a manifest's media type; of one that we do not know, its fields answer to their JSON names.
function schema.manifest(media_type)
  return MANIFESTS[media_type] or unknown
end

local health = struct({
  { "Test", "Test", list(text) },
  { "Interval", "Interval", integer },
  { "Timeout", "Timeout", integer },
  { "StartPeriod", "StartPeriod", integer },
  { "Retries", "Retries", integer },
})

local execution = struct({
  { "User", "User", text },
  { "ExposedPorts", "ExposedPorts", map(empty) },
  { "Env", "Env", list(text) },
  { "Entrypoint", "Entrypoint", list(text) },
  { "Cmd", "Cmd", list(text) },
  { "Volumes", "Volumes", map(empty) },
  { "WorkingDir", "WorkingDir", text },
  { "Labels", "Labels", map(text) },
  { "StopSignal", "StopSignal", text },
  { "StopTimeout", "StopTimeout", optional(integer) },
  { "ArgsEscaped", "ArgsEscaped", flag },
  { "Healthcheck", "Healthcheck", optional(health) },
  { "OnBuild", "OnBuild", list(text) },
  { "Shell", "Shell", list(text) },
})

local rootfs = struct({
  { "type", "Type", text, ALWAYS },
  { "diff_ids", "DiffIDs", list(text), ALWAYS },
})

local history = struct({
  { "created", "Created", time },
  { "created_by", "CreatedBy", text },
  { "author", "Author", text },
  { "comment", "Comment", text },
  { "empty_layer", "EmptyLayer", flag },
})

schema.config = struct({
  { "created", "Created", time },
  { "author", "Author", text },
  { false, "Platform", platform },
  { "config", "Config", execution, ALWAYS },
  { "rootfs", "RootFS", rootfs, ALWAYS },
  { "history", "History", list(history) },
})

return schema
