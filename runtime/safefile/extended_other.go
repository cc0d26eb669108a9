//go:build unix && !linux

package safefile

import (
	"io/fs"
)

// copyExtended does nothing: extended attributes are copied on Linux only.
func (r *Replacement) copyExtended(fs.FileInfo, bool) error { return nil }

const listChecked = ", and no access list"

// hasACL reports false: access lists are read on Linux only.
func hasACL(string) bool { return false }
