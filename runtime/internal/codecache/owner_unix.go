//go:build unix

package codecache

import (
	"io/fs"
	"os"
	"syscall"
)

// ownedAlone reports whether the current user owns the file and nobody else can
// write it.
func ownedAlone(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid() && info.Mode().Perm()&0o022 == 0
}
