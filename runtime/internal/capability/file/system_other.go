//go:build !unix

package file

import "io/fs"

// nonBlocking has no flags where pipes are not files in folders.
const nonBlocking = 0

// ownerID returns "": these systems have no numbers of users.
func ownerID(fs.FileInfo) string { return "" }
