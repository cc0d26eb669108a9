// Package modules embeds the built-in providers: WebAssembly modules that are
// written in Rust and committed as built.
//
// Start with [Bytes]. The package does not run modules. A built-in module is as
// untrusted as any other and can reach only what it is granted.
//
// Each folder NAME is one module: its source, its manifest, its tests, a README
// with the smallest grant that works, and the built NAME.wasm. To add a module,
// add such a folder; no list names it. [Pick] finds the module that "file" stands
// for. What modules share is in lib. build.sh builds all of them and compares
// them with the committed files byte for byte. Building Go code needs no Rust.
package modules
