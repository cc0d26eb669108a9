package abi

// Version is the major version of the ABI. The name of every import module contains
// it, so that a host can offer two versions at the same time.
const Version = 1

// ManifestSection is the name of the custom section with the manifest of a module.
const ManifestSection = "postern.manifest"

// Exports of a module. All of them except memory and _initialize are functions
// without parameters that return a [Status] as i32.
const (
	ExportMemory     = "memory"      // required
	ExportInitialize = "_initialize" // optional; without a result, called once before the others
	ExportOpen       = "postern_open"
	ExportGet        = "postern_get" // required
	ExportSet        = "postern_set"
	ExportDelete     = "postern_delete"
	ExportKeys       = "postern_keys"
	ExportPoll       = "postern_poll"
	ExportClose      = "postern_close"
)

// Import modules, named by a capability and its major version. Loading a module
// fails if it imports one that was not granted.
const (
	ModuleCore   = "postern_v1"
	ModuleEnv    = "postern_env_v1"
	ModuleFile   = "postern_file_v1"
	ModuleHTTP   = "postern_http_v1"
	ModuleKV     = "postern_kv_v1"
	ModuleSecret = "postern_secret_v1"
	ModuleWASI   = "wasi_snapshot_preview1"
)
