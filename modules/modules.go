package modules

import _ "embed"

//go:embed env/env.wasm
var env []byte

//go:embed file/file.wasm
var file []byte

//go:embed memory/memory.wasm
var memory []byte

// Names returns the names of the built-in modules, sorted. The slice is the
// caller's.
func Names() []string {
	return []string{"env", "file", "memory"}
}

// Bytes returns the binary of a built-in module. The slice is shared by all
// callers and must not be written to. For a name that is not among [Names] it
// returns nil and false.
func Bytes(name string) (wasm []byte, ok bool) {
	switch name {
	case "env":
		return env, true
	case "file":
		return file, true
	case "memory":
		return memory, true
	}
	return nil, false
}
