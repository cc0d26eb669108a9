package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The hint for a file that cannot be written shows the cause, at a place that exists.
func TestWriteHint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	gone := filepath.Join(dir, "a", "b")
	for _, c := range []struct {
		err    error
		folder string
		want   string
	}{
		{&fs.PathError{Op: "write", Path: gone, Err: syscall.ENOSPC}, dir, "df -h " + dir},
		{&fs.PathError{Op: "write", Path: gone, Err: syscall.EDQUOT}, gone, "df -h " + dir},
		{syscall.ENOSPC, "", "df -h"},
		{os.NewSyscallError("write", syscall.EFBIG), dir, "ulimit -f"},
		{os.NewSyscallError("memfd_create", syscall.EMFILE), "", "ulimit -n"},
		{syscall.EACCES, gone, "ls -ld " + dir},
		{syscall.EBADF, "", "postern help exit-codes"},
	} {
		if got := WriteHint(c.err, c.folder); got != c.want {
			t.Errorf("WriteHint(%v, %q) = %q, want %q", c.err, c.folder, got, c.want)
		}
	}
}
