//go:build linux || darwin

package module

import (
	"syscall"
	"time"
)

// limitProcess lowers the limits of this process. The limit of data counts
// all memory that can be written; the one of the address space would count what the
// Go runtime only reserves.
func limitProcess(memory uint64, cpu time.Duration) error {
	for _, l := range []struct {
		resource int
		most     uint64
	}{
		{syscall.RLIMIT_CORE, 0},
		{syscall.RLIMIT_DATA, memory},
		{syscall.RLIMIT_CPU, uint64(cpu / time.Second)},
	} {
		var have syscall.Rlimit
		if err := syscall.Getrlimit(l.resource, &have); err != nil {
			return err
		}
		have.Max = min(have.Max, l.most)
		have.Cur = min(have.Cur, have.Max)
		if err := syscall.Setrlimit(l.resource, &have); err != nil {
			return err
		}
	}
	return nil
}
