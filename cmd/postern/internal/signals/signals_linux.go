//go:build amd64 || arm64

package signals

import (
	"os"
	"syscall"
)

func moreDumping() []os.Signal { return []os.Signal{syscall.SIGSTKFLT} }
