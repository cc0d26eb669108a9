//go:build unix

package childproc

import (
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// forwarded are the signals that are passed on. Not among them: SIGCHLD and
// SIGURG, which are about this process and its runtime; SIGPIPE, which the
// child gets from its own pipe when ours breaks; SIGTTIN and SIGTTOU, which
// stop all of a job by themselves; what reports a fault or a limit of ours.
var forwarded = append([]os.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGABRT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGTERM,
	unix.SIGTSTP, unix.SIGCONT, unix.SIGWINCH,
}, moreForwarded()...)

// listen asks for the signals, but for those that whoever started us had
// ignored (nohup does): the child ignores them too then.
func listen(c chan<- os.Signal) {
	for _, s := range forwarded {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
}

// ends reports whether a signal asks a process to end.
func ends(s os.Signal) bool {
	return slices.Contains([]os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGABRT, unix.SIGTERM}, s)
}

// forward passes a signal on unless the child has it already.
func (j *job) forward(s syscall.Signal) {
	if j.pty != nil {
		j.forwardToSession(s)
		return
	}
	if !j.groupGot(s) {
		j.send(j.pid, s)
	}
}

// groupGot reports whether the terminal, or the shell at it, sent s to all of
// our process group, the child included. That is how terminals work; a signal of
// these kinds that was sent to us alone while we are in the foreground cannot be
// told from it and is not passed on.
func (j *job) groupGot(s syscall.Signal) bool {
	if j.tty == nil {
		return false
	}
	group, err := unix.IoctlGetInt(int(j.tty.Fd()), unix.TIOCGPGRP)
	switch s {
	case unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP, unix.SIGWINCH, unix.SIGCONT:
		return err == nil && group == unix.Getpgrp()
	case unix.SIGHUP:
		return err != nil // the terminal is gone, and this is how a group learns
	}
	return false
}

// suspend stops this process because the child has stopped, so that the shell
// sees a stopped job; the SIGCONT that ends it is forwarded like any other. It
// does nothing when there is no shell that would continue us.
func (j *job) suspend() {
	if j.tty == nil || !continuable() {
		return
	}
	j.pty.restore()
	j.stopped = true
	stopSelf()
}

// continuable reports whether a process of our session outside of our group is
// an ancestor: that is who continues a stopped group. Without one the system
// itself stops no job.
func continuable() bool {
	group, pid := unix.Getpgrp(), unix.Getppid()
	for g, err := unix.Getpgid(pid); err == nil && g == group; g, err = unix.Getpgid(pid) {
		if pid = parentOf(pid); pid <= 1 {
			return false
		}
	}
	ours, err := unix.Getsid(0)
	theirs, e := unix.Getsid(pid)
	return err == nil && e == nil && ours == theirs
}

// controllingTerminal returns the terminal of our session, or nil.
func controllingTerminal() *os.File {
	fd, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), "/dev/tty")
}
