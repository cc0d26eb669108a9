//go:build darwin || ios || freebsd || netbsd

package file

import (
	"io/fs"
	"syscall"
	"time"
)

// changeTime returns when a file, or what describes it, was last changed; the zero
// time if the system does not say.
func changeTime(info fs.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Ctimespec.Unix())
	}
	return time.Time{}
}
