//go:build unix && !linux

package file_test

func dropRights() bool { return false }
