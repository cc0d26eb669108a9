package abi

// Version is the major version of the ABI. It is part of every import module's
// name, so that a host can offer two versions side by side.
const Version = 1

// ManifestSection is the custom section that holds a module's manifest.
const ManifestSection = "postern.manifest"

// Exports of a module. All of them but memory and _initialize are functions
// without parameters that return a [Status] as i32.
const (
	ExportMemory     = "memory"      // required
	ExportInitialize = "_initialize" // optional, () -> (): called once, first
	ExportOpen       = "postern_open"
	ExportGet        = "postern_get" // required
	ExportSet        = "postern_set"
	ExportDelete     = "postern_delete"
	ExportKeys       = "postern_keys"
	ExportPoll       = "postern_poll"
	ExportClose      = "postern_close"
)

// Import modules. The name is the capability and its major version; a module
// imports what it wants and gets what was granted.
const (
	ModuleCore   = "postern_v1"
	ModuleEnv    = "postern_env_v1"
	ModuleFile   = "postern_file_v1"
	ModuleHTTP   = "postern_http_v1"
	ModuleKV     = "postern_kv_v1"
	ModuleSecret = "postern_secret_v1"
	ModuleWASI   = "wasi_snapshot_preview1"
)
