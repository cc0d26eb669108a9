package childproc

import (
	"bytes"
	"cmp"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// endOfFile is what Ctrl-D sends. It ends a file if line mode is on and VEOF is set to it.
const endOfFile = 4

// line is input that one read in line mode returns, or the beginning of a line.
type line struct {
	keys  []byte
	ended bool // the line ended without a line feed: by an end of file, or when line mode came on
}

// giveBack puts input that the child has not read back into the real terminal, for the
// next program, which would get it without us. It does nothing where the system forbids
// that. Meanwhile the real terminal does not echo, or it would show the keys again. It then
// stays in line mode if it was in line mode when we began: without it, it forgets where
// lines end, and an end of file becomes a NUL byte. Once another program has asked for keys at
// the real terminal, such as a passphrase, it gives back nothing, since the next program may
// show it.
func (p *pty) giveBack() {
	lines, keys := unread(p.near), p.unsent
	defer func() {
		clear(keys)
		for _, l := range lines {
			clear(l.keys)
		}
	}()
	real, before := p.in, p.before
	if real == nil { // only lines were read from the terminal, and it was not made raw
		real = p.tty
	}
	if len(lines) == 0 && len(keys) == 0 || real == nil || !p.foreground() || !canType() {
		return
	}
	in := int(real.Fd())
	now, err := unix.IoctlGetTermios(in, unix.TCGETS)
	if err != nil || p.in == nil && !inLines(now) || p.othersRead(in) || p.shared.Load() {
		return
	}
	if p.in == nil {
		before = now
		lines = append(lines, unread(real)...)
	}
	if before == nil {
		return
	}
	const shown = unix.ECHO | unix.ECHONL | unix.ISIG
	after, edited := *before, *before
	after.Oflag, edited.Oflag = now.Oflag, now.Oflag // the output of the child is still being written
	after.Lflag = before.Lflag&^shown | now.Lflag&shown
	edited.Lflag &^= shown
	edited.Iflag &^= unix.IXON
	asIs := edited // every byte is taken as it is, except the ends of lines
	asIs.Iflag &= unix.IUTF8
	asIs.Cc = [len(asIs.Cc)]uint8{unix.VMIN: 1, unix.VEOL: edited.Cc[unix.VEOL], unix.VEOL2: edited.Cc[unix.VEOL2]}
	raw, ending := asIs, asIs
	raw.Lflag &^= unix.ICANON
	ending.Cc[unix.VEOF] = endOfFile

	set(in, &raw)
	keys = append(keys, read(in)...) // typed since the pump ended
	if len(lines) > 0 && lines[0].ended && len(lines[0].keys) > 0 {
		// It may have no end of file. One read returns what is there when line mode comes on.
		insert(in, lines[0].keys)
		clear(lines[0].keys)
		lines[0] = line{}
	}
	set(in, &asIs)
	for _, l := range lines {
		insert(in, l.keys)
		if l.ended {
			set(in, &ending)
			insert(in, []byte{endOfFile})
			set(in, &asIs)
		}
	}
	set(in, &edited)
	insert(in, keys)
	set(in, &after)
}

// readAhead takes what was typed before the real terminal becomes raw, for the child. An end
// of file behind keys is left out: they may also be what was there when line mode came on.
func (p *pty) readAhead() {
	child, err := unix.IoctlGetTermios(int(p.near.Fd()), unix.TCGETS)
	if err != nil {
		return
	}
	p.aheadMu.Lock()
	defer p.aheadMu.Unlock()
	for i, l := range unread(p.in) {
		p.ahead = append(p.ahead, l.keys...)
		if eof := child.Cc[unix.VEOF]; l.ended && (i > 0 || len(l.keys) == 0) && eof != 0 {
			p.ahead = append(p.ahead, eof)
		}
		clear(l.keys)
	}
}

// feedAhead copies to the child what readAhead took.
func (p *pty) feedAhead() {
	p.aheadMu.Lock()
	keys := p.ahead
	p.ahead = nil
	p.aheadMu.Unlock()
	p.feed(keys)
	clear(keys)
}

// unread takes the input of a terminal that nobody has read.
func unread(f *os.File) (lines []line) {
	in, closeIn := reopen(f)
	defer closeIn()
	fd := int(in)
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil
	}
	b := make([]byte, 4096)
	defer clear(b)
	ends := []byte{'\n', cmp.Or(before.Cc[unix.VEOL], '\n'), cmp.Or(before.Cc[unix.VEOL2], '\n')}
	inLines := before.Lflag&unix.ICANON != 0
	for inLines && ready(fd) {
		n, err := unix.Read(fd, b)
		if err != nil {
			break
		}
		lines = append(lines, line{bytes.Clone(b[:n]), n == 0 || bytes.IndexByte(ends, b[n-1]) < 0})
	}
	now := *before
	now.Lflag &^= unix.ICANON
	now.Cc[unix.VMIN], now.Cc[unix.VTIME] = 1, 0
	set(fd, &now)
	rest := read(fd)
	set(fd, before)
	if len(rest) > 0 {
		lines = append(lines, line{rest, !inLines})
	}
	return lines
}

// read returns what is there of the input of a terminal that is not in line mode.
func read(fd int) (keys []byte) {
	b := make([]byte, 4096)
	defer clear(b)
	for ready(fd) {
		n, err := unix.Read(fd, b)
		if err != nil || n <= 0 {
			break
		}
		keys = append(keys, b[:n]...)
	}
	return keys
}

// ready reports whether a terminal has input and is still there.
func ready(fd int) bool {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, 0)
	return err == nil && n > 0 && poll[0].Revents == unix.POLLIN
}

// insert types keys at a terminal.
func insert(fd int, keys []byte) {
	for i := range keys {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCSTI, uintptr(unsafe.Pointer(&keys[i]))); errno != 0 {
			return
		}
	}
}

func set(fd int, t *unix.Termios) { _ = unix.IoctlSetTermios(fd, unix.TCSETS, t) }

// canType reports whether this process may type at its controlling terminal. Linux 6.2
// made that a setting, which only an administrator may disregard.
func canType() bool {
	b, err := os.ReadFile("/proc/sys/dev/tty/legacy_tiocsti")
	if err != nil || len(b) == 0 || b[0] != '0' {
		return true
	}
	var data [2]unix.CapUserData
	return unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &data[0]) == nil && data[0].Effective>>unix.CAP_SYS_ADMIN&1 != 0
}
