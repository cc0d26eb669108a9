package childproc

import (
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// pty is a pseudo-terminal in front of a real one. Its methods do nothing on
// nil; those in pump_linux.go belong to the goroutine that reads the real terminal,
// the others to the job's.
type pty struct {
	master  *os.File
	in, out *os.File // the real terminal; in is nil while nothing is read from it
	tty     *os.File // our controlling terminal, nil without one

	before *term.State // of in, while it is raw
	wakeR  *os.File    // ends the pump when closed, has it look again when written to
	wakeW  *os.File
	pumps  sync.WaitGroup
	stops  chan struct{} // the suspend key was hit
	asks   chan struct{} // the child wants keys, though its input is something else
	keyed  atomic.Bool   // keys are read, or will be
	output uint32        // what dress took from the child's end
	child  atomic.Int64  // the process group of the child
}

// openPTY returns a pseudo-terminal with the settings and the size of the real
// one, and the child's end of it.
func openPTY(in, out, tty *os.File) (p *pty, slave *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, ErrNoTerminal
	}
	master := os.NewFile(uintptr(fd), "/dev/ptmx")
	err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	peer, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if err != nil || errno != 0 {
		_ = master.Close()
		return nil, nil, ErrNoTerminal
	}
	p = &pty{master: master, in: in, out: out, tty: tty, stops: make(chan struct{}, 1), asks: make(chan struct{}, 1)}
	p.keyed.Store(in != nil)
	p.dress(int(peer))
	p.resize()
	if in != nil {
		if err = p.openWake(); err != nil {
			_ = master.Close()
			_ = unix.Close(int(peer))
			return nil, nil, err
		}
	}
	return p, os.NewFile(peer, "pty"), nil
}

// dress gives the child's end the real terminal's settings. When input is
// something else the real terminal is not made raw, so it goes on turning line
// feeds into new lines, and the child's end must not.
func (p *pty) dress(slave int) {
	from := p.out
	if p.in != nil {
		from = p.in
	}
	t, err := unix.IoctlGetTermios(int(from.Fd()), unix.TCGETS)
	if err != nil {
		return
	}
	if p.in == nil {
		p.output = t.Oflag & unix.OPOST
		t.Oflag &^= unix.OPOST
	}
	_ = unix.IoctlSetTermios(slave, unix.TCSETS, t)
}

// resize takes over the real terminal's size, of which the system tells the
// child, and reports whether it was another.
func (p *pty) resize() (changed bool) {
	size, err := unix.IoctlGetWinsize(int(p.out.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return false
	}
	p.control(func(fd int) {
		old, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
		if changed = err != nil || *old != *size; changed {
			_ = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, size)
		}
	})
	return changed
}

// control calls f with the master's descriptor unless that is closed.
func (p *pty) control(f func(fd int)) {
	if raw, err := p.master.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

// run begins once the child is there, whose group has its number.
func (p *pty) run(pid int) {
	if p == nil {
		return
	}
	p.child.Store(int64(pid))
	if p.in != nil {
		p.pumps.Go(p.pump)
	}
	p.begin()
}

func (p *pty) openWake() (err error) {
	p.wakeR, p.wakeW, err = os.Pipe()
	return err
}

// begin makes the real terminal raw and reads from it, as far as we are in the
// foreground: in the background the one would stop us and the other take what
// is meant for the shell.
func (p *pty) begin() {
	if p == nil {
		return
	}
	p.resize()
	if p.in == nil {
		return
	}
	if p.before == nil && p.foreground() {
		p.before, _ = term.MakeRaw(int(p.in.Fd()))
	}
	_, _ = p.wakeW.Write([]byte{0})
}

// restore puts the real terminal back to what it was.
func (p *pty) restore() {
	if p == nil || p.before == nil {
		return
	}
	if p.foreground() { // else the shell has done so
		_ = term.Restore(int(p.in.Fd()), p.before)
	}
	p.before = nil
}

func (p *pty) foreground() bool {
	if p.tty == nil {
		return true
	}
	group, err := unix.IoctlGetInt(int(p.tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
