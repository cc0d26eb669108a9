//go:build !linux

package compiler

import (
	"context"
	"os"
)

// Compile is nil: on this system modules are compiled in the process that uses them.
var Compile func(ctx context.Context, wasm []byte, cache *os.File, large bool) error
