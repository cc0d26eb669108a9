//go:build !unix

package cputime

import "time"

var started = time.Now()

// Used returns the time since the start, since the processor time is not asked here.
func Used() time.Duration { return time.Since(started) }
