//go:build unix

package policy

import (
	"io/fs"
	"os"
	"syscall"
)

// untrusted says why a file must not decide who reads secrets, "" if it may.
func untrusted(info fs.FileInfo) string {
	if !info.Mode().IsRegular() {
		return "not a regular file"
	}
	if info.Mode().Perm()&0o002 != 0 {
		return "everybody may write it"
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if ok && st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return "it belongs to another user"
	}
	return ""
}
