//go:build !unix

package policy

import "io/fs"

// untrusted says why a file must not decide who reads secrets. Permission
// bits say nothing on this system.
func untrusted(info fs.FileInfo) string {
	if !info.Mode().IsRegular() {
		return "not a regular file"
	}
	return ""
}
