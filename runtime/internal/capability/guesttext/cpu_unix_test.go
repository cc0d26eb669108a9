//go:build unix

package guesttext_test

import (
	"syscall"
	"time"
)

// cpu is the processor time that this process has used, which depends less on other
// processes than the time on the clock.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
