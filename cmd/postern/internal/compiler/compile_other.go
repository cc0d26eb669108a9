//go:build !linux

package compiler

import (
	"context"
	"errors"
	"os"
)

// Compile is nil: on this system modules are compiled in the process that uses them.
var Compile func(ctx context.Context, wasm []byte, cache *os.File, large bool) error

// Limits is nil, as [Compile] is.
var Limits func(ctx context.Context, large bool) (memory, seconds uint64, err error)

func ownLimits() (memory, seconds uint64, err error) { return 0, 0, errors.ErrUnsupported }
