//go:build !unix

package config

import "io/fs"

const nonBlocking = 0

// ownersKnown is false: owners and modes do not tell here who may write a file.
// A found configuration is then held to its digest alone, as a warning says.
const ownersKnown = false

func foreign(fs.FileInfo, bool) string { return "" }
