//go:build !unix

package cputime

import "time"

var started = time.Now()

// Used returns the time since the program started: processor time is not measured on
// this system.
func Used() time.Duration { return time.Since(started) }
