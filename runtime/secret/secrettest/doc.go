// Package secrettest checks whether a [secret.Provider] keeps the contract of
// that interface: an empty value is not an absent one, bytes are returned
// unchanged, a canceled call returns, concurrent calls do not tear or lose
// values, nothing leaks.
//
// Start with [Run] in a test of the provider's package: each rule is a subtest,
// and a rule that does not apply to the provider is skipped.
//
//	func TestProvider(t *testing.T) {
//		secrettest.Run(t, secrettest.Factory{Open: open, Writable: true, Listable: true})
//	}
//
// [Check] does the same outside of a test and returns the broken rules. The
// package does not import testing, so a program can link it.
//
// The package does not measure speed, does not look for timing differences and
// does not use keys that break the key grammar, since a Runtime rejects those
// before it asks a provider. Only one rule calls Destroy on a value that a
// provider returned.
package secrettest
