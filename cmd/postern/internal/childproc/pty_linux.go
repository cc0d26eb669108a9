package childproc

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// pty is a pseudo-terminal that stands in for a real one. Its methods do nothing on
// nil. Those in pump_linux.go are called from the goroutine that reads the real
// terminal, the others from that of the job.
type pty struct {
	master  *os.File
	near    *os.File // the child's end; while we have it, a child that closes its own loses nothing
	in, out *os.File // the real terminal; in is nil if we do not read from it
	tty     *os.File // our controlling terminal, nil if there is none

	before       *unix.Termios // the state of in before it became raw, nil if it is not raw
	wakeR        *os.File      // closing it ends the pump, writing to it makes the pump check again
	wakeW        *os.File
	pumps        sync.WaitGroup
	suspendc     chan struct{} // the suspend key was pressed
	frontc       chan struct{} // we came to the foreground without a signal
	readc        chan struct{} // the child wants to read keys although its input is not a terminal
	readingInput atomic.Bool   // we read keys, or are about to
	output       uint32        // the output flags that were removed from the child's end
	signals      atomic.Uint64 // the signals that were typed, as bits
	unsent       []byte        // keys for which the child had no room
	passed       bool          // the child was given a line; for the goroutine that reads the real terminal
	aheadMu      sync.Mutex
	ahead        []byte                   // keys from before the real terminal became raw, for that goroutine
	childGroup   atomic.Int64             // the process group of the child
	ours         atomic.Pointer[settings] // of the real terminal before and after we made it raw; nil before
	shared       atomic.Bool              // another program has read keys from the real terminal meanwhile
}

// openPTY returns a pseudo-terminal with the settings and the size of the real
// terminal, and the child's end of it. The error is [ErrNoTerminal] if the system
// has none.
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
	p = &pty{master: master, in: in, out: out, tty: tty, suspendc: make(chan struct{}, 1), frontc: make(chan struct{}, 1), readc: make(chan struct{}, 1)}
	p.readingInput.Store(in != nil)
	p.near = os.NewFile(peer, "pty")
	p.copySettings(int(peer))
	p.resize()
	if in != nil {
		if err = p.openWake(); err != nil {
			_ = master.Close()
			_ = p.near.Close()
			return nil, nil, err
		}
	}
	return p, p.near, nil
}

// copySettings copies the settings of the real terminal to the child's end. While the
// real terminal is not raw, it translates line feeds itself, so the child's end must not
// do that, too.
func (p *pty) copySettings(slave int) {
	from := p.out
	if p.in != nil {
		from = p.in
	}
	t, err := unix.IoctlGetTermios(int(from.Fd()), unix.TCGETS)
	if err != nil {
		return
	}
	if p.in == nil || !p.foreground() { // a shell or another program has set the terminal for itself
		t.Iflag = t.Iflag&^(unix.INLCR|unix.IGNCR) | unix.ICRNL
		t.Oflag |= unix.OPOST | unix.ONLCR
		t.Lflag |= unix.ICANON | unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ISIG | unix.IEXTEN
	}
	if p.in == nil || !p.foreground() {
		p.output = t.Oflag & unix.OPOST
		t.Oflag &^= unix.OPOST
	}
	_ = unix.IoctlSetTermios(slave, unix.TCSETS, t)
}

// resize copies the size of the real terminal and reports whether it changed. The
// kernel then sends SIGWINCH to the child.
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

// control calls f with the descriptor of the master unless it is closed.
func (p *pty) control(f func(fd int)) {
	if raw, err := p.master.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

// run begins to copy input to the child, whose process group is pid.
func (p *pty) run(pid int) {
	if p == nil {
		return
	}
	p.childGroup.Store(int64(pid))
	switch {
	case p.in != nil:
		p.pumps.Go(p.pump)
	case p.tty != nil && p.openWake() == nil:
		p.pumps.Go(p.lines)
	}
	p.begin()
}

func (p *pty) openWake() (err error) {
	p.wakeR, p.wakeW, err = os.Pipe()
	return err
}

// begin makes the real terminal raw and starts reading from it if we are in the
// foreground. In the background, changing the terminal would stop us, and reading
// from it would take the input of the shell.
func (p *pty) begin() {
	if p == nil {
		return
	}
	p.resize()
	if p.in == nil {
		return
	}
	where := inForeground
	switch {
	case p.before != nil:
	case p.foreground():
		before, err := unix.IoctlGetTermios(int(p.in.Fd()), unix.TCGETS)
		if err != nil {
			break
		}
		p.readAhead()
		if _, err = term.MakeRaw(int(p.in.Fd())); err == nil {
			p.before = before
			if raw, err := unix.IoctlGetTermios(int(p.in.Fd()), unix.TCGETS); err == nil {
				p.ours.Store(&settings{*before, *raw})
			}
			p.changeOutput(func(flags uint32) uint32 { return flags | p.output })
		}
	default:
		where = inBackground
	}
	_, _ = p.wakeW.Write([]byte{where})
}

// The bytes that begin wakes the pump with: where we were then. The pump looks later.
const (
	inForeground byte = iota
	inBackground
)

// restore restores the state of the real terminal.
func (p *pty) restore() {
	if p == nil || p.before == nil {
		return
	}
	if p.foreground() { // otherwise the shell has restored it
		set(int(p.in.Fd()), p.before)
	}
	p.before = nil
	p.changeOutput(func(flags uint32) uint32 {
		p.output = flags & unix.OPOST
		return flags &^ unix.OPOST
	})
}

// changeOutput changes the output flags of the child's end.
func (p *pty) changeOutput(change func(flags uint32) uint32) {
	p.control(func(fd int) {
		if t, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil {
			t.Oflag = change(t.Oflag)
			_ = unix.IoctlSetTermios(fd, unix.TCSETS, t)
		}
	})
}

func (p *pty) foreground() bool {
	if p.tty == nil {
		return true
	}
	group, err := unix.IoctlGetInt(int(p.tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// renamed returns the variables env, in which each whose value is the path of a real terminal
// has that of the child's end: other programs, such as the agent of GnuPG for GPG_TTY, open
// what it names, and would read the keys there beside us.
func (p *pty) renamed(env []string) []string {
	if p == nil {
		return env
	}
	own := p.path()
	var numbers []uint64
	for _, f := range []*os.File{p.in, p.out} {
		var st unix.Stat_t
		if f != nil && unix.Fstat(int(f.Fd()), &st) == nil {
			numbers = append(numbers, uint64(st.Rdev))
		}
	}
	copied := false
	for i, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		var st unix.Stat_t
		if own == "" || !strings.HasPrefix(value, "/dev/") || unix.Lstat(value, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFCHR || !slices.Contains(numbers, uint64(st.Rdev)) {
			continue
		}
		if !copied {
			env, copied = slices.Clone(env), true
		}
		env[i] = name + "=" + own
	}
	return env
}

// path returns the path of the child's end, "" if it has none here.
func (p *pty) path() (path string) {
	p.control(func(fd int) {
		if n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN); err == nil {
			path = fmt.Sprintf("/dev/pts/%d", n)
		}
	})
	var named, open unix.Stat_t
	if unix.Lstat(path, &named) != nil || unix.Fstat(int(p.near.Fd()), &open) != nil || named.Rdev != open.Rdev {
		return ""
	}
	return path
}
