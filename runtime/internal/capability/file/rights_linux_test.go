package file_test

import "syscall"

// dropRights gives the calling thread the file permissions of an unprivileged user.
func dropRights() bool {
	_, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0)
	return errno == 0 || errno == 1 // the call returns the old user, not an error
}
