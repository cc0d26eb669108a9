//go:build unix && !linux

package childproc

import "errors"

// leader is not used on this system.
type leader struct{}

var errNoLeader = errors.New("no session leader")

func (j *job) startSession([]uintptr) error { return errNoLeader }

func (*leader) childEnded() {}
func (*leader) end()        {}
