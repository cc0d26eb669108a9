package guestmem

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// mayLock reports whether n more bytes may be locked. Locking a guest's memory saves time
// only, so it takes at most half of what the process may lock, and leaves the rest to
// values. A process that may lock all is not limited.
func mayLock(n int) bool {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit) != nil {
		return false
	}
	half := limit.Cur / 2
	if half >= 1<<40 || privileged() {
		return true
	}
	locked, ok := lockedBytes()
	return ok && locked+uint64(n) <= half
}

// privileged reports whether the limit on locked memory does not count for this process.
func privileged() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&header, &data[0]) == nil && data[0].Effective&(1<<unix.CAP_IPC_LOCK) != 0
}

// lockedBytes returns how much this process has locked.
func lockedBytes() (uint64, bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	_, rest, ok := bytes.Cut(status, []byte("\nVmLck:"))
	if !ok {
		return 0, false
	}
	line, _, _ := bytes.Cut(rest, []byte(" kB"))
	kib, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 10, 64)
	return kib << 10, err == nil
}
