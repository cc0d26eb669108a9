// Package runtime serves secrets from a chain of providers whose backends are
// WebAssembly modules that it does not trust.
//
// Start with [Open]. A [Runtime] is itself a [SecretProvider]: every request is
// checked, authorized by the policy, recorded if there is a decision log, and sent to
// the providers of the chain in order. A [Secret] exposes its plaintext only
// through Expose and ExposeString. A module can reach only what the [Grant] of
// its provider names. Each call has a deadline; a module that traps, breaks the
// ABI or does not stop causes an error for its caller and has no effect on
// others.
//
// The package does not read configuration files or its own settings from the
// environment (package config does), and writes to disk only what
// [Options.CompileCache] and [Options.DecisionLog] name. The runtimes of a process
// share what limits it: the memory for values, see [Memory], the places for
// compiling modules, and the processors. Otherwise they are independent.
//
// Compatibility: exported names of runtime, runtime/secret and runtime/abi, and
// what these mention of other packages, such as [policy.Decision] and
// [redact.Registry], follow semantic versioning from v1.0.0 on. The rest of those
// packages may still change. Error codes, status numbers and tags are append-only
// from the start.
package runtime
