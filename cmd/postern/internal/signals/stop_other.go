//go:build !unix

package signals

import "os"

// Denied returns nothing: no terminal stops a process here.
func Denied() []os.Signal { return nil }

// StopInBackground does nothing.
func StopInBackground() {}

// Unstopped calls write.
func Unstopped(write func()) { write() }
