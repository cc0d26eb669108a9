// Package modules holds the built-in backends: WebAssembly modules written in
// Rust, committed as they were built and embedded here.
//
// Start with [Bytes]. The package knows nothing of what runs a module: a
// built-in one is as untrusted as any other and gets what it is granted.
//
// Each folder holds one module: its source, a README that says what it does
// and what it wants, and the built file. build.sh rebuilds them, byte for byte;
// Go alone is enough for everything else.
package modules
