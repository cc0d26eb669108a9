//go:build !unix

package guesttext_test

import "time"

var started = time.Now()

// cpu is the time since the start, where processor time is not available.
func cpu() time.Duration { return time.Since(started) }
