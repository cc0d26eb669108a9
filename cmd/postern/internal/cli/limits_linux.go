package cli

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// The least with which a command works. The Go runtime needs a part of the address
// space before this program begins, so that a much lower limit is its own fatal error.
const (
	leastFiles        = 16
	leastAddressSpace = 3 << 29
)

// checkLimits returns an error if the limits of this process are so low that the Go
// runtime or a module would end it without a reason.
func checkLimits() *app.Failure {
	for _, l := range []struct {
		resource int
		least    uint64
		text     string
	}{
		{unix.RLIMIT_NOFILE, leastFiles, "the limit of open files (ulimit -n) is %d; want at least %d"},
		{unix.RLIMIT_AS, leastAddressSpace, "the limit of the address space (ulimit -v) is %d bytes; want at least %d"},
	} {
		var have unix.Rlimit
		if unix.Getrlimit(l.resource, &have) == nil && have.Cur < l.least {
			return &app.Failure{Exit: app.ExitConfig, Text: fmt.Sprintf(l.text, have.Cur, l.least), Hint: "ulimit -a"}
		}
	}
	return nil
}
