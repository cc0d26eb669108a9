package childproc

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// forwardToSession forwards a signal to a child that has its own pseudo-terminal,
// and so does not get the signals that our terminal sends to our process group.
func (j *job) forwardToSession(s syscall.Signal) {
	switch s {
	case unix.SIGWINCH:
		if j.pty.resize() {
			return // the kernel signals the child
		}
	case unix.SIGINT, unix.SIGQUIT:
		// A raw terminal sends no signals. If it is not raw, the signal was meant
		// for the foreground job, so it goes to the foreground group of the child.
		if group := j.pty.group(); group > 0 && j.pty.before == nil && j.groupGot(s) {
			j.send(-group, s)
			return
		}
	case unix.SIGTSTP:
		if d := dispositions(j.pid); !d.catches(s) && !d.ignores(s) {
			s = unix.SIGSTOP // the kernel discards SIGTSTP's stop in an orphaned process group
		}
	case unix.SIGCONT:
		j.pty.begin() // we may be in the foreground now
		j.send(-j.pid, s)
		if j.stopped {
			j.send(-j.pid, unix.SIGWINCH) // makes full-screen programs redraw
		}
		j.stopped = false
		return
	}
	j.send(j.pid, s)
}

// group returns the foreground process group of the pseudo-terminal.
func (p *pty) group() (group int) {
	p.control(func(fd int) { group, _ = unix.IoctlGetInt(fd, unix.TIOCGPGRP) })
	return group
}

// disposition holds the signals that a process catches and ignores and those that are
// pending, as bits, and the letter of its state.
type disposition struct {
	caught, ignored, pending uint64
	state                    byte
}

func (d disposition) catches(s syscall.Signal) bool { return d.caught>>(s-1)&1 != 0 }
func (d disposition) ignores(s syscall.Signal) bool { return d.ignored>>(s-1)&1 != 0 }

// stops reports whether a process has been stopped or s is about to stop it, or whether
// it catches s and decides itself. It reports true if the process cannot be looked at.
func stops(pid int, s syscall.Signal) bool {
	d := dispositions(pid)
	return d.state == 0 || d.state == 'T' || d.pending>>(s-1)&1 != 0 || d.catches(s)
}

// dispositions reads the signal dispositions of a process. It returns none if they
// cannot be read.
func dispositions(pid int) (d disposition) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return d
	}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		name, value, _ := bytes.Cut(lines.Bytes(), []byte(":\t"))
		n, err := strconv.ParseUint(string(value), 16, 64)
		switch {
		case string(name) == "State" && len(value) > 0:
			d.state = value[0]
		case err != nil:
		case string(name) == "SigCgt":
			d.caught = n
		case string(name) == "SigIgn":
			d.ignored = n
		case string(name) == "SigPnd", string(name) == "ShdPnd":
			d.pending |= n
		}
	}
	return d
}
