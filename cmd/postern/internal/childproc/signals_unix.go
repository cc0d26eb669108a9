//go:build unix

package childproc

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/cmd/postern/internal/signals"
)

// forwarded are the signals that are forwarded to the child. SIGCHLD and SIGURG are
// not among them because they are for this process and its runtime, which also keeps
// SIGPROF; SIGPIPE, because the child gets its own when its pipe breaks; SIGTTIN and
// SIGTTOU, because they stop the whole job; signals that report a limit of this process.
// Signals that report a fault are received only if another process sent them.
var forwarded = slices.Concat([]os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGTERM, unix.SIGTSTP, unix.SIGCONT, unix.SIGWINCH},
	signals.Ending(), moreForwarded())

// listen starts to receive the signals, except those that we inherited as ignored
// (as with nohup): the child inherits them as ignored, too.
func listen(c chan<- os.Signal) {
	for _, s := range forwarded {
		if !signal.Ignored(s) {
			signal.Notify(c, s)
		}
	}
}

// ends reports whether a signal asks a process to end.
func ends(s os.Signal) bool {
	return slices.Contains([]os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGABRT, unix.SIGTERM,
		unix.SIGILL, unix.SIGTRAP, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS}, s)
}

// forward forwards a signal unless the child has got it already.
func (j *job) forward(s syscall.Signal) {
	switch s {
	case unix.SIGTSTP:
		// By now the shell may be in the foreground again, or have continued the group.
		inside, _ := ancestors()
		j.groupTSTP = j.groupGot(s) || j.tty != nil && len(inside) > 0
		if j.pty != nil && j.stopped { // we were continued, too shortly for the SIGCONT to come
			j.suspend()
			return
		}
	case unix.SIGCONT:
		j.groupTSTP = false
	}
	if j.pty != nil {
		j.forwardToSession(s)
		return
	}
	if !j.groupGot(s) {
		j.send(j.pid, s)
	}
}

// groupGot reports whether s was sent to our whole process group, including the
// child, as terminals and shells do it. A signal of these kinds that was sent only
// to us while we are in the foreground looks the same and is not forwarded.
func (j *job) groupGot(s syscall.Signal) bool {
	if j.tty == nil {
		return false
	}
	group, err := unix.IoctlGetInt(int(j.tty.Fd()), unix.TIOCGPGRP)
	switch s {
	case unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP, unix.SIGWINCH, unix.SIGCONT:
		return err == nil && group == unix.Getpgrp()
	case unix.SIGHUP:
		// The terminal is gone. The system signals only the leader of the session, which is a
		// shell as a rule. The leader signals the group, or the system does when it ends.
		session, e := unix.Getsid(0)
		return err != nil && (e != nil || session != os.Getpid())
	}
	return false
}

// ownSignal bounds the wait for a signal that we have sent to ourselves. It always comes,
// but late on a busy machine.
const ownSignal = 10 * time.Second

// signalGroup signals our process group, and waits until we ourselves have got the
// signal, too.
func (j *job) signalGroup(s syscall.Signal) {
	if syscall.Kill(0, s) != nil || signal.Ignored(s) {
		return
	}
	late := time.NewTimer(ownSignal)
	defer late.Stop()
	for {
		select {
		case got := <-j.signals:
			if got == s {
				return
			}
		case <-late.C:
			return
		}
	}
}

// suspend stops this process after the child has stopped, so that the shell sees a
// stopped job. If the suspend key has stopped the child, our process group stops, too, as
// the terminal would do it: all at once, or the shell could continue the group before we
// have stopped. If it has done so already, the child continues. The SIGCONT that
// continues us is forwarded like other signals. suspend does nothing if there is no shell
// that could continue us.
func (j *job) suspend() {
	if j.tty == nil || !continuable() {
		return
	}
	all := j.suspends || j.groupTSTP
	late := j.groupTSTP && groupContinues()
	j.suspends, j.groupTSTP = false, false
	if late {
		j.forward(unix.SIGCONT)
		return
	}
	j.pty.restore()
	j.stopped = true
	if all {
		_ = syscall.Kill(0, unix.SIGSTOP)
	} else {
		signals.StopSelf()
	}
}

// continuable reports whether an ancestor is in our session but not in our process
// group, as a shell is, which can continue a stopped group. Without such an ancestor
// the system does not stop the group either.
func continuable() bool {
	_, shell := ancestors()
	if shell <= 1 {
		return false
	}
	ours, err := unix.Getsid(0)
	theirs, e := unix.Getsid(shell)
	return err == nil && e == nil && ours == theirs
}

// ancestors returns our ancestors in our process group, and the first one outside of it.
func ancestors() (inside []int, outside int) {
	group, pid := unix.Getpgrp(), unix.Getppid()
	for g, err := unix.Getpgid(pid); err == nil && g == group; g, err = unix.Getpgid(pid) {
		inside = append(inside, pid)
		if pid = parentOf(pid); pid <= 1 {
			break
		}
	}
	return inside, pid
}

// groupContinues reports whether our process group, which got SIGTSTP, continues: the
// shell waits for an ancestor only, and continues the group as soon as that has stopped.
// The SIGCONT says so, too, but the Go runtime may deliver it before the SIGTSTP.
func groupContinues() bool {
	inside, _ := ancestors()
	return slices.ContainsFunc(inside, func(pid int) bool { return !stops(pid, unix.SIGTSTP) })
}

// controllingTerminal opens the controlling terminal, or returns nil if there is
// none.
func controllingTerminal() *os.File {
	fd, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), "/dev/tty")
}
