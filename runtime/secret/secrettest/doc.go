// Package secrettest checks that a [secret.Provider] keeps the rules of its
// interface: not found is not empty, bytes come back as they were, a cancelled
// call ends, nothing is torn, lost, left behind or shown.
//
// Start with [Run] in a test of the provider's package: each rule is a subtest,
// and a rule that the provider's abilities leave out is a skipped one.
//
//	func TestProvider(t *testing.T) {
//		secrettest.Run(t, secrettest.Factory{Open: open, Writable: true, Listable: true})
//	}
//
// [Check] does the same without a testing.T and returns what was broken.
//
// The kit tests providers from inside the process. It does not measure, does
// not look for timing differences, and does not send keys that break the key
// grammar: a Runtime refuses those before any provider sees them. It never
// calls Destroy on a value that a provider returned, but for the one rule that
// is about it.
package secrettest
