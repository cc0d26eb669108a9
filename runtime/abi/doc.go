// Package abi holds the names, numbers and encoding of the guest ABI, version
// 1, as its SPEC.md states it. The host and the Go SDK share it, so it imports
// the standard library only and builds for wasip1.
//
// Start with the Export and Import names, then [Status] and the record encoding
// of [Append] and [Fields]. It does not call guests: the host does.
package abi
