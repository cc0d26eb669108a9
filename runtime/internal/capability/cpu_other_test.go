//go:build !unix

package capability_test

import "time"

var started = time.Now()

// cpu is the time since the start, where processor time is not available.
func cpu() time.Duration { return time.Since(started) }
