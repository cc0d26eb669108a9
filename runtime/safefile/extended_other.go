//go:build unix && !linux

package safefile

import "io/fs"

// copyExtended does nothing: extended attributes are copied on Linux only.
func (r *Replacement) copyExtended(fs.FileInfo, bool) error { return nil }
