package file_test

import "syscall"

// dropRights makes the calling thread one of an unprivileged user, by effective user ID.
func dropRights() bool {
	const keep = ^uintptr(0)
	_, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, keep, 65534, keep)
	return errno == 0
}
