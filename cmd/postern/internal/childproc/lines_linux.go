package childproc

import (
	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/cmd/postern/internal/signals"

	"github.com/postern-project/postern/cmd/postern/internal/ttywait"
)

// How often, in milliseconds, we check whether the child waits for a line that was typed.
const (
	lookFirst = 50
	lookLast  = 400
)

// lines copies lines to a child whose input is not a terminal and that prompts on its
// terminal, until the wake pipe of p is closed. The real terminal stays as it is: it edits
// and shows the line, and signals our group. A line is read only when a process waits for
// it, because other lines belong to the programs with which we share the terminal.
func (p *pty) lines() {
	defer func() { _ = p.wakeR.Close() }()
	defer signals.Block(unix.SIGTTIN)()
	in, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return
	}
	defer func() { _ = unix.Close(in) }()
	wake, delay, pause := int32(p.wakeR.Fd()), lookFirst, false
	for {
		fds := []unix.PollFd{{Fd: wake, Events: unix.POLLIN}, {Fd: int32(in), Events: unix.POLLIN}}
		wait := -1
		switch {
		case !p.foreground():
			fds, wait = fds[:1], lookAgain
		case pause:
			fds, wait = fds[:1], delay
		}
		n, err := unix.Poll(fds, wait)
		switch {
		case err != nil: // a signal
		case fds[0].Revents != 0:
			return
		case n == 0:
			pause = false
		case fds[1].Revents&unix.POLLIN == 0: // the terminal was closed
			return
		case p.passLine(in):
			pause, delay = true, lookFirst
		default:
			pause, delay = true, min(2*delay, lookLast)
		}
	}
}

// passLine gives the child a line of the real terminal if it waits for one, and reports
// whether it did.
func (p *pty) passLine(in int) bool {
	real, err := unix.IoctlGetTermios(in, unix.TCGETS)
	if err != nil || !inLines(real) || !p.foreground() {
		return false // somebody else reads single keys
	}
	near := int(p.near.Fd())
	child, err := unix.IoctlGetTermios(near, unix.TCGETS)
	if err != nil {
		return false
	}
	if !inLines(child) {
		p.notice()
		return false
	}
	var st unix.Stat_t
	unread := []unix.PollFd{{Fd: int32(near), Events: unix.POLLIN}}
	if n, err := unix.Poll(unread, 0); err != nil || n > 0 || unix.Fstat(near, &st) != nil || !ttywait.ForKeys(p.group(), &st) {
		return false
	}
	line := make([]byte, 4096)
	defer clear(line)
	n, err := unix.Read(in, line)
	if err != nil { // somebody else has read it
		return false
	}
	if n == 0 {
		n = copy(line, []byte{child.Cc[unix.VEOF]})
	}
	p.passed = true
	p.external(true)
	_, _ = p.master.Write(line[:n]) // there is room, because nothing is unread
	return true
}

// external sets whether the real terminal edits and shows the input of the child.
func (p *pty) external(on bool) {
	p.control(func(fd int) {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err == nil && (t.Lflag&unix.EXTPROC != 0) != on {
			t.Lflag ^= unix.EXTPROC
			_ = unix.IoctlSetTermios(fd, unix.TCSETS, t)
		}
	})
}
