package app

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// closedAtStart reports whether w is standard output and was closed when the program
// began: it is the null device then, open for reading as well, as a shell's
// >/dev/null never is. Programs that open it so for a child mostly do that for several
// of its streams: with one description for all, or one for each of the three.
func closedAtStart(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || f.Fd() != 1 || !isNull(1) || access(1) != unix.O_RDWR {
		return false
	}
	allNull := isNull(0) && access(0) == unix.O_RDONLY && isNull(2) && access(2) == unix.O_RDWR
	return !allNull && !sameDescription(1, 0) && !sameDescription(1, 2)
}

// isNull reports whether a descriptor is the null device.
func isNull(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == unix.Mkdev(1, 3)
}

// access returns O_RDONLY, O_WRONLY or O_RDWR, or -1.
func access(fd int) int {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return -1
	}
	return flags & unix.O_ACCMODE
}

// sameDescription reports whether one descriptor is a duplicate of the other.
func sameDescription(a, b int) bool {
	const file = 0 // KCMP_FILE
	pid := uintptr(unix.Getpid())
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, pid, pid, file, uintptr(a), uintptr(b), 0)
	return errno == 0 && order == 0
}
