//go:build unix

package main_test

import (
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// pipe FILE creates a named pipe.
func pipe(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(syscall.Mkfifo(ts.MkAbs(args[0]), 0o600))
}
