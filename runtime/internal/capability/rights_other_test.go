//go:build unix && !linux

package capability_test

func dropRights() bool { return false }
