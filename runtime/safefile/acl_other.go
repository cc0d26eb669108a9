//go:build unix && !linux

package safefile

// hasACL reports false: access lists are read on Linux only.
func hasACL(string) bool { return false }
