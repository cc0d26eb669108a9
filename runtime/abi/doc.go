// Package abi has the names, numbers and encoding of the guest ABI, version 1, which
// guest-sdk/SPEC.md specifies. The host and the Go SDK share it, so it imports only
// the standard library and builds for wasip1.
//
// Start with [Exports] and [Imports], the functions of a module and of the host. The
// results of a module are a [Status] and records, which [Append] encodes and
// [Fields] decodes. The package does not run modules.
package abi
