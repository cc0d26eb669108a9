// Package postern is for writing Postern modules in Go.
//
// Start with [Provider]. A module is a main package with a [Module], one exported
// function for each operation that it offers, and an empty main:
//
//	var module = postern.Module{New: open}
//
//	//go:wasmexport postern_open
//	func posternOpen() int32 { return module.Open() }
//
//	//go:wasmexport postern_get
//	func posternGet() int32 { return module.Get() }
//
//	func main() {}
//
// Build it with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -o hello.wasm
//
// [Env], [ReadFile], [Get] and the functions like them are the capabilities: a
// module that does not call any function of a capability does not import it and
// needs no grant for it. On other systems than wasip1 these functions return
// [Unsupported], so that a provider can be compiled and tested anywhere.
//
// The package uses neither reflection nor fmt, which would make modules larger.
package postern
