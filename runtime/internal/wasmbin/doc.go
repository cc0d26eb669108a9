// Package wasmbin reads and rewrites WebAssembly core binaries. It never runs them.
//
// Start with [Parse], which reads the structure of a module. [Check] compares a
// module with [Limits] before any engine sees it. [Meter] rewrites a module so that
// a host can stop it at any time and restore its globals. [WithManifest] replaces
// the custom section that holds the manifest.
//
// Every input is assumed to be hostile: no bytes make this package panic, no count
// in the input decides the size of an allocation, and text from the input appears
// in an [Error] only quoted and cut.
//
// The package does not replace the validation of an engine. It checks the binary
// format, every index and every limit, but not the types on the operand stack.
package wasmbin
