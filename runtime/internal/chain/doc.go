// Package chain asks several providers in order as if they were one.
//
// A chain continues past a provider that does not have the key or is not
// configured here, and stops at every other error: an outage must not look like a
// missing key. It returns not_found only if every provider answered not_found or
// not_configured.
//
// Start with [New]. The package does not retry, cache or decide who may read.
package chain
