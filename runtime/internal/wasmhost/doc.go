// Package wasmhost turns one module into a [secret.Provider].
//
// [Open] checks the bytes and the imports without running anything; the first
// call compiles. Every call borrows an instance that nobody else uses, runs one
// export under a deadline, copies the answer into the slab while the guest
// still waits, and leaves nothing of the call behind. A call that traps, exits,
// overruns or breaks the ABI costs the instance, not the provider.
//
// The package does not decide who may call, does not chain, and does not log a
// module's words before the caller had the chance to register its values: see
// [HoldLogs].
package wasmhost
