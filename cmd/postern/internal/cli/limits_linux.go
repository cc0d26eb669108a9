package cli

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// The least with which a command works. The Go runtime needs a part of the address
// space before this program begins, and ends with its own fatal error if a much lower
// limit denies it; see "postern help exit-codes".
const (
	leastFiles        = 16
	leastAddressSpace = 2 << 30
)

// checkLimits returns an error if the limits of this process are so low that the Go
// runtime or a module would end it without a reason.
func checkLimits() *app.Failure {
	for _, l := range []struct {
		resource    int
		least, unit uint64 // unit is that of ulimit, in ours
		name, flag  string
	}{
		{unix.RLIMIT_NOFILE, leastFiles, 1, "open files", "n"},
		{unix.RLIMIT_AS, leastAddressSpace, 1 << 10, "the address space in KiB", "v"},
	} {
		var have unix.Rlimit
		if unix.Getrlimit(l.resource, &have) != nil || have.Cur >= l.least {
			continue
		}
		f := &app.Failure{Exit: app.ExitConfig, Text: fmt.Sprintf("the limit of %s (ulimit -%s) is %d; want at least %d", l.name, l.flag, have.Cur/l.unit, l.least/l.unit)}
		f.Hint = fmt.Sprintf("ulimit -H%s", l.flag) // only an administrator can raise it
		if have.Max >= l.least {
			f.Hint = fmt.Sprintf("ulimit -S%s %d", l.flag, l.least/l.unit)
		}
		return f
	}
	return nil
}
