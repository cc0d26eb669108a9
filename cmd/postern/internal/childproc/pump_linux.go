package childproc

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/cmd/postern/internal/signals"
)

// lookAgain is how often we look, in milliseconds, whether we came to the foreground.
// Shells send no signal to a job that runs already.
const lookAgain = 100

// pump copies what is typed to the child until end is called. Reading in the background
// fails here and does not stop the job: we may be moved there between a look and a read.
func (p *pty) pump() {
	defer func() { _ = p.wakeR.Close() }()
	defer signals.Block(unix.SIGTTIN)()
	buf := make([]byte, 4096)
	in, closeIn := reopen(p.in)
	defer closeIn()
	wake := int32(p.wakeR.Fd())
	background := true // until begin wakes us, the terminal is not raw
	for {
		fds := []unix.PollFd{{Fd: wake, Events: unix.POLLIN}, {Fd: in, Events: unix.POLLIN}}
		wait := -1
		switch {
		case !p.foreground():
			background, fds, wait = true, fds[:1], lookAgain
		case background: // read nothing until the terminal is raw; begin wakes us then
			background, fds = false, fds[:1]
			select {
			case p.frontc <- struct{}{}:
			default:
			}
		case p.othersRead(int(in)):
			fds, wait = fds[:1], lookAgain
		}
		if n, err := unix.Poll(fds, wait); err != nil || n == 0 {
			continue // a signal, or it is time to look again
		}
		if fds[0].Revents != 0 {
			n, _ := unix.Read(int(wake), buf)
			if n == 0 {
				return
			}
			background = background || bytes.IndexByte(buf[:n], inBackground) >= 0
			p.feedAhead()
			continue
		}
		if p.othersRead(int(in)) {
			continue
		}
		n, err := unix.Read(int(in), buf) // what was there may be read by somebody else
		switch {
		case err == unix.EINTR || err == unix.EAGAIN || err == unix.EIO && !p.foreground():
		case err != nil || n <= 0: // the terminal was closed
			return
		default:
			p.feed(buf[:n])
		}
	}
}

// reopen opens a terminal once more, so that reading from it does not block: a flag set on
// f itself would apply to all processes that share it. If opening is not allowed, reopen
// returns the descriptor of f.
func reopen(f *os.File) (fd int32, closing func()) {
	own, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return int32(f.Fd()), func() {}
	}
	return int32(own), func() { _ = unix.Close(own) }
}

// feed copies b to the child, except the suspend key.
func (p *pty) feed(b []byte) {
	for len(b) > 0 {
		if p.passed { // the child may have restored settings of that time
			p.external(false)
		}
		p.noteSignals(b)
		i := p.suspendKey(b)
		if i < 0 {
			n, _ := p.master.Write(b)
			p.unsent = append(p.unsent, b[n:]...)
			return
		}
		_, _ = p.master.Write(b[:i])
		select {
		case p.suspendc <- struct{}{}:
		default:
		}
		b = b[i+1:]
	}
}

// noteSignals notes which signals the child's end sends for the keys b.
func (p *pty) noteSignals(b []byte) {
	p.control(func(fd int) {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil || t.Lflag&unix.ISIG == 0 {
			return
		}
		for cc, s := range map[int]syscall.Signal{unix.VINTR: unix.SIGINT, unix.VQUIT: unix.SIGQUIT} {
			if key := t.Cc[cc]; key != 0 && bytes.IndexByte(b, key) >= 0 {
				p.signals.Or(1 << s)
			}
		}
	})
}

// typed reports whether a key that sends s was typed.
func (p *pty) typed(s syscall.Signal) bool {
	return p != nil && p.signals.Load()>>s&1 != 0
}

// suspendKey returns the index of the key that suspends the child, or -1. The system
// does not handle the key: a terminal stops no job in a session without a shell,
// because nobody could continue it. The key is copied like any other to programs
// that read it as input, and to the jobs of a child that is a shell itself.
func (p *pty) suspendKey(b []byte) int {
	if p.tty == nil {
		return -1
	}
	key, group := byte(0), 0
	p.control(func(fd int) {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err == nil && t.Lflag&unix.ISIG != 0 {
			key = t.Cc[unix.VSUSP]
		}
		group, _ = unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	})
	i := bytes.IndexByte(b, key)
	if i < 0 || key == 0 || group != int(p.childGroup.Load()) || dispositions(group).ignores(unix.SIGTSTP) || !continuable() {
		return -1
	}
	return i
}

// notice is called after the child has written. A child whose input is not a
// terminal may still read keys from its terminal, as pagers and password prompts do;
// it then changes the terminal settings first. Until it does, we read no more of the
// real terminal, which we share with other processes, than [pty.lines].
func (p *pty) notice() {
	if p.tty == nil || p.readingInput.Load() {
		return
	}
	p.control(func(fd int) {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err == nil && !inLines(t) && p.readingInput.CompareAndSwap(false, true) {
			p.readc <- struct{}{}
		}
	})
}

// takeKeys begins to read the controlling terminal because the child wants keys.
func (p *pty) takeKeys() {
	p.stopReading()
	if p.openWake() != nil {
		return
	}
	p.in = p.tty
	p.pumps.Go(p.pump)
	p.begin()
}

// end stops the pump and gives back what the child has not read.
func (p *pty) end() {
	if p == nil {
		return
	}
	_ = p.master.SetWriteDeadline(time.Unix(1, 0))
	p.stopReading()
	if p.in != nil || p.passed {
		p.giveBack()
	}
	_ = p.near.Close()
}

// stopReading ends what reads the real terminal.
func (p *pty) stopReading() {
	if p.wakeW != nil {
		_ = p.wakeW.Close()
		p.pumps.Wait()
	}
}

// close closes a pseudo-terminal whose child was not started. The stream closes the
// master.
func (p *pty) close() {
	if p == nil {
		return
	}
	_ = p.near.Close()
	if p.in != nil {
		_ = p.wakeW.Close()
		_ = p.wakeR.Close()
	}
}

func (p *pty) fronts() <-chan struct{} {
	if p == nil {
		return nil
	}
	return p.frontc
}

func (p *pty) requests() <-chan struct{} {
	if p == nil {
		return nil
	}
	return p.readc
}

func (p *pty) suspends() <-chan struct{} {
	if p == nil {
		return nil
	}
	return p.suspendc
}

// settings are those of the real terminal before it became raw, and since then.
type settings struct{ before, raw unix.Termios }

// othersRead reports whether another program has changed the real terminal since we made it
// raw, and so asks for keys there, hidden or one by one: they are not for the child. It notes
// that. A program that has set back what a shell expects reads no more.
func (p *pty) othersRead(in int) bool {
	ours := p.ours.Load()
	if ours == nil {
		return false
	}
	now, err := unix.IoctlGetTermios(in, unix.TCGETS)
	if err != nil || inLines(now) || alike(now, &ours.before) || alike(now, &ours.raw) {
		return false
	}
	p.shared.Store(true)
	return true
}

// inLines reports whether a terminal edits and shows lines, as a shell leaves it to programs.
func inLines(t *unix.Termios) bool {
	const cooked = unix.ICANON | unix.ECHO
	return t.Lflag&cooked == cooked
}

// alike reports whether two settings treat keys in the same way.
func alike(a, b *unix.Termios) bool {
	const internal = unix.PENDIN | unix.FLUSHO // what the system notes there
	return a.Iflag == b.Iflag && a.Lflag&^internal == b.Lflag&^internal
}
