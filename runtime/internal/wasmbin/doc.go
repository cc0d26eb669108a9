// Package wasmbin treats a WebAssembly core binary as data: bytes in, facts or
// rewritten bytes out. It never runs anything.
//
// Start with [Parse], which reads the structure of a module. [Check] holds a
// module against [Limits] before any engine sees it, [Meter] rewrites it so that
// a host can stop it at any time and put its globals back, and [Manifest] and
// [WithManifest] read and write the custom section in which a module introduces
// itself.
//
// Every input is taken to be hostile: no bytes make this package panic, no count
// in the input is trusted for an allocation, and text of the input appears in an
// [Error] only quoted and cut.
//
// The package does not replace the engine's validation. It checks the binary
// format, every index and every limit, but not the types on the operand stack.
package wasmbin
