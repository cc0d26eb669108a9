//go:build unix && !linux

package safefile

const listChecked = ", and no access list"

// hasACL reports false: access lists are read on Linux only.
func hasACL(string) bool { return false }
