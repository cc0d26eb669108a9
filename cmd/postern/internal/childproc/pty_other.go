//go:build unix && !linux

package childproc

import (
	"os"
	"syscall"
)

// pty is not implemented on this system; openPTY always fails.
type pty struct{ master *os.File }

func openPTY(_, _, _ *os.File) (*pty, *os.File, error) { return nil, nil, ErrNoTerminal }

func (*pty) run(int)                     {}
func (*pty) begin()                      {}
func (*pty) renamed(e []string) []string { return e }
func (*pty) restore()                    {}
func (*pty) end()                        {}
func (*pty) close()                      {}
func (*pty) suspends() <-chan struct{}   { return nil }
func (*pty) fronts() <-chan struct{}     { return nil }
func (*pty) requests() <-chan struct{}   { return nil }
func (*pty) notice()                     {}
func (*pty) takeKeys()                   {}
func (*pty) typed(syscall.Signal) bool   { return false }

func (j *job) forwardToSession(s syscall.Signal) { j.send(j.pid, s) }
