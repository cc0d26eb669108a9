//go:build unix

package config

import (
	"io/fs"
	"os"
	"syscall"
)

// nonBlocking keeps an open from waiting for the other end of a pipe.
const nonBlocking = syscall.O_NONBLOCK

// ownersKnown says that this system tells who may write a file.
const ownersKnown = true

// foreign says in words how others than the user could have written what info
// describes, or returns "". A folder may be the administrator's: a file in it
// that is the user's own was made by the user.
func foreign(info fs.FileInfo, folder bool) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return "has no owner that the system names"
	case int(stat.Uid) != os.Geteuid() && !(folder && stat.Uid == 0):
		return "belongs to another user"
	case info.Mode().Perm()&0o022 != 0:
		return "others may write"
	}
	return ""
}
