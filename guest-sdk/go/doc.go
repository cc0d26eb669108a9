// Package postern is for writing a Postern provider module in Go.
//
// Start with [Provider]. A module is a main package with a [Module], one exported
// function for each verb that it offers, and an empty main:
//
//	var module = postern.Module{New: open}
//
//	//go:wasmexport postern_open
//	func postern_open() int32 { return module.Open() }
//
//	//go:wasmexport postern_get
//	func postern_get() int32 { return module.Get() }
//
//	func main() {}
//
// It is built with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -o hello.wasm
//
// What a module may reach is imported through [Env], [ReadFile], [Get] and the
// like: a module that calls none of a capability's functions does not import it
// and needs no grant for it. Off wasip1 those functions answer [Unsupported], so
// that a provider compiles and its own logic can be tested anywhere.
//
// The package uses neither reflection nor fmt, which a module would have to carry.
package postern
