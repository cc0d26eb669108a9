// Package chain asks several providers in order as if they were one.
//
// A chain goes on when a provider says that it has no such key or does not
// apply here, and stops at everything else: a source that fails must be loud,
// and "not found" is said only when everybody who could know has said so.
//
// Start with [New]. The package does not retry, cache or decide who may read.
package chain
