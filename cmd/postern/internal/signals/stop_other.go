//go:build !unix

package signals

// Unstopped calls write.
func Unstopped(write func()) { write() }
