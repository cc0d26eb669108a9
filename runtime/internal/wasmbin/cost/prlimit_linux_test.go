package cost_test

import (
	"syscall"
	"unsafe"
)

func setLimit(pid, resource int, l *syscall.Rlimit) {
	syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), uintptr(resource), uintptr(unsafe.Pointer(l)), 0, 0, 0)
}
