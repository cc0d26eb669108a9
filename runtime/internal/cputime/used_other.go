//go:build !unix

package cputime

import "time"

var started = time.Now()

// Used returns the time since the program started: this system is not asked for the
// processor time.
func Used() time.Duration { return time.Since(started) }
