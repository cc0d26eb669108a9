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

// hidesIDs says that every owner can be seen here.
const hidesIDs = false

// ownedByCaller is not asked.
func ownedByCaller(string, fs.FileInfo) bool { return false }

// mounter returns false: who mounted a file system is asked on Linux only.
func mounter(string, fs.FileInfo) (uint32, bool) { return 0, false }

// mounted cannot be measured here.
func mounted(folder, string) bool { return false }
