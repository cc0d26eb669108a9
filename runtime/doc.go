// Package runtime serves secrets from a chain of providers whose backends are
// WebAssembly modules that it does not trust.
//
// Start with [Open]. A [Runtime] is a [SecretProvider] itself: Get, Set, Delete,
// Keys and Watch check the key, ask the chain in order and return a [Secret],
// whose plaintext leaves through Expose only. A module reaches what its
// provider's [Grant] names and nothing else; each call has a deadline, and a
// module that traps, lies about the ABI or does not stop costs its caller an
// error and nobody else anything.
//
// The package does not read configuration files or the environment for itself
// (package config does), keeps no global state, and writes nothing to disk
// unless [Options.CompileCache] names a folder.
//
// Compatibility: exported names of runtime, runtime/secret and runtime/abi
// follow semantic versioning from v1.0.0 on; error codes, status numbers and
// tags are append-only already now.
package runtime
