// Package secret is the vocabulary of Postern: what a key, a value, a provider,
// an event and an error are.
//
// Start with [Provider], the one interface that every source of secrets
// implements, and [Secret], the opaque handle that a Get returns. Nothing in
// fmt, log/slog or encoding prints the value behind a Secret: plaintext leaves
// through [Secret.Expose] and [Secret.ExposeString] only.
//
// Errors are an [*Error] with a [Code]; callers test with errors.Is against the
// codes of this package, such as [ErrNotFound].
//
// The package imports the standard library and the slab that holds the values.
// It does not read configuration, does not log and keeps no registry.
// Package secrettest checks a Provider against the contract stated here.
package secret
