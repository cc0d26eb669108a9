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

// forwardToSession passes a signal on to a child with a terminal of its own,
// which got nothing of what our terminal sent to our group.
func (j *job) forwardToSession(s syscall.Signal) {
	switch s {
	case unix.SIGWINCH:
		if j.pty.resize() {
			return // and the system told the child
		}
	case unix.SIGINT, unix.SIGQUIT:
		// A raw terminal sends none. One that is not was asked to interrupt
		// what runs in the foreground, so that is what the child's does.
		if group := j.pty.group(); group > 0 && j.pty.before == nil && j.groupGot(s) {
			j.send(-group, s)
			return
		}
	case unix.SIGTSTP:
		if d := dispositions(j.pid); !d.catches(s) && !d.ignores(s) {
			s = unix.SIGSTOP // which a session without a shell obeys
		}
	case unix.SIGCONT:
		j.pty.begin() // perhaps in the foreground now
		j.send(-j.pid, s)
		if j.stopped {
			j.send(-j.pid, unix.SIGWINCH) // what fills the screen draws it again
		}
		j.stopped = false
		return
	}
	j.send(j.pid, s)
}

// group is the child's foreground process group.
func (p *pty) group() (group int) {
	p.control(func(fd int) { group, _ = unix.IoctlGetInt(fd, unix.TIOCGPGRP) })
	return group
}

// disposition is what a process does on signals, as far as it is known.
type disposition struct{ caught, ignored uint64 }

func (d disposition) catches(s syscall.Signal) bool { return d.caught>>(s-1)&1 != 0 }
func (d disposition) ignores(s syscall.Signal) bool { return d.ignored>>(s-1)&1 != 0 }

func dispositions(pid int) (d disposition) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return d
	}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		name, mask, _ := bytes.Cut(lines.Bytes(), []byte(":\t"))
		n, err := strconv.ParseUint(string(mask), 16, 64)
		switch {
		case err != nil:
		case string(name) == "SigCgt":
			d.caught = n
		case string(name) == "SigIgn":
			d.ignored = n
		}
	}
	return d
}
