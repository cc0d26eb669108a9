//go:build unix

package file

import (
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// nonBlocking keeps an open from waiting for the other end of a pipe, and a
// terminal from becoming the one that controls the process.
const nonBlocking = syscall.O_NONBLOCK | syscall.O_NOCTTY

// hardLinked reports whether a file has other names.
func hardLinked(_ *os.Root, _ string, info fs.FileInfo) (bool, error) {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Nlink > 1, nil
}

// ownerID returns the number of the user who owns a file, "" if the system does not say.
func ownerID(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return strconv.FormatUint(uint64(st.Uid), 10)
}
