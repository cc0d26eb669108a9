//go:build !unix

package wasmhost

import "io/fs"

// ownedAlone reports true: folders in a user's profile are private by default
// on this system, and its access lists are not read here.
func ownedAlone(fs.FileInfo) bool { return true }
