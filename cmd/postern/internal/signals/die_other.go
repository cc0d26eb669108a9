//go:build unix && !linux

package signals

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// Die ends this process with the default action of s, if s is one for which the Go
// runtime has no action of its own. It returns if s does not end it.
func Die(s os.Signal) {
	n, ok := s.(syscall.Signal)
	if !ok || !slices.Contains([]os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL}, s) {
		return
	}
	signal.Reset(s)
	if syscall.Kill(syscall.Getpid(), n) == nil {
		time.Sleep(time.Second) // until another thread has got it
	}
}
