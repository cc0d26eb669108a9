//go:build !unix

package signals

import "os"

// Dumping returns the signals at which a Go program prints its stacks.
func Dumping() []os.Signal { return nil }

// Ending returns the other signals that end a program.
func Ending() []os.Signal { return nil }

// Name returns the name of a signal.
func Name(s os.Signal) string { return s.String() }

// Die does nothing: no process ends by a signal here.
func Die(os.Signal) {}
