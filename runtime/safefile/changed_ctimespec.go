//go:build darwin || ios || freebsd || netbsd

package safefile

import (
	"io/fs"
	"os"
	"syscall"
	"time"
)

func changed(info fs.FileInfo, _ *os.File) (at time.Time, number uint64) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Ctimespec.Unix()), uint64(st.Ino)
	}
	return time.Time{}, 0
}
