//go:build !linux && !darwin

package module

import (
	"errors"
	"time"
)

func limitProcess(uint64, time.Duration) error { return errors.ErrUnsupported }
