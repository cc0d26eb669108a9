// Package wasmhost runs one module as a [secret.Provider].
//
// [Open] checks the bytes and the imports of the module without running anything;
// the first call compiles. Every call borrows an instance that no other call uses,
// runs one export under a deadline, copies the answer into protected memory while
// the guest still waits, and leaves nothing of the call behind. A call that traps,
// exits, runs too long or breaks the ABI costs the instance, not the provider.
//
// The package does not decide who may call, and it does not chain providers. It
// does not log the text of a module before the caller had the chance to register
// the values of the call for masking: see [HoldLogs].
package wasmhost
