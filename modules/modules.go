package modules

import "embed"

// files has the built modules: NAME/NAME.wasm for each.
//
//go:embed */*.wasm
var files embed.FS

// Names returns the names of the built-in modules, sorted. The caller may change
// the slice.
func Names() []string {
	folders, _ := files.ReadDir(".") // an embedded root can always be read
	names := make([]string, len(folders))
	for i, folder := range folders {
		names[i] = folder.Name()
	}
	return names
}

// Bytes returns the WebAssembly binary of a built-in module, in a slice that the
// caller may change. For a name that [Names] does not list it returns nil and
// false.
func Bytes(name string) (wasm []byte, ok bool) {
	wasm, err := files.ReadFile(name + "/" + name + ".wasm")
	return wasm, err == nil
}
