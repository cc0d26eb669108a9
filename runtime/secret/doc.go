// Package secret defines the types that all of Postern shares: keys, values,
// providers, events and errors.
//
// Start with [Provider], the interface that every source of secrets implements,
// and [Secret], the opaque handle on a value that its Get returns. No function of
// fmt, log/slog or the encoding packages prints that value: the only ways to the
// plaintext are [Secret.Expose] and [Secret.ExposeString].
//
// Errors are of type [*Error] and carry a [Code]. Test for a code with errors.Is,
// for example errors.Is(err, [ErrNotFound]); read the code of any error with
// [CodeOf].
//
// Package secret does not read configuration, does not log and has no registry of
// providers. To check an implementation of Provider, use package secrettest.
package secret
