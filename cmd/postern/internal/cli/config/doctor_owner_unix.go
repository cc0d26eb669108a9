//go:build unix

package config

import (
	"fmt"
	"io/fs"
	"syscall"
)

// ownerOf returns the owner and the permissions that the file system gives a file, in
// parentheses after a space, "" for none.
func ownerOf(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf(" (uid %d, mode %04o)", st.Uid, info.Mode().Perm())
}
