//go:build linux || darwin

package prompt

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/runtime/secret"
)

const (
	// sameKey is how long what a terminal sends after a line end may come late and
	// still belong to the same paste.
	sameKey = 50 * time.Millisecond
	// quiet is how long nothing comes after the end of a paste that is discarded.
	quiet = 200 * time.Millisecond
	// lineLimit is how much a terminal keeps of a line while nobody reads it.
	lineLimit = 4095
)

// Read writes a question to out and reads a value from the terminal in, without
// showing what is typed. The value may be as long as any other. Several lines are
// taken if they are pasted and the terminal marks that, which it is asked for if marks
// is set; otherwise they are an error, and what follows the first is discarded. Read
// restores the terminal, even if ctx ends first, and discards what it did not use. An
// error is an [*Error], that of ctx, or one of the system.
func Read(ctx context.Context, in uintptr, out io.Writer, question string, marks bool) ([]byte, error) {
	p, err := open(ctx, int(in), out, question, marks)
	if err != nil {
		return nil, err
	}
	defer p.close()
	return p.read(ctx)
}

// prompt is a terminal that asks for a value.
type prompt struct {
	out          io.Writer
	question     string
	fd           int
	before       unix.Termios
	marks        bool // the terminal marks what is pasted
	asked        bool
	early        int // how many bytes were typed before the question
	woken, wake  *os.File
	continued    chan os.Signal
	stopWatching func() bool
	typed        typed
	buf          [4096]byte
}

func open(ctx context.Context, fd int, out io.Writer, question string, marks bool) (*prompt, error) {
	p := &prompt{out: out, question: question, fd: fd, marks: marks, continued: make(chan os.Signal, 1)}
	before, err := unix.IoctlGetTermios(p.fd, getTermios)
	if err != nil {
		return nil, err
	}
	p.before = *before
	p.typed.keys = editKeys{before.Cc[unix.VERASE], before.Cc[unix.VKILL], before.Cc[unix.VWERASE], before.Cc[unix.VEOF]}
	if p.woken, p.wake, err = os.Pipe(); err != nil {
		return nil, err
	}
	p.stopWatching = context.AfterFunc(ctx, func() { _ = p.wake.Close() })
	signal.Notify(p.continued, unix.SIGCONT)
	go func() {
		for range p.continued { // shells give the terminal back as they like it
			_, _ = p.wake.Write([]byte{0})
		}
	}()
	if err := p.ask(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// ask sets the terminal and prints the question. The terminal hands out every byte at
// once, because it cuts long lines; the keys that send signals still do.
func (p *prompt) ask() error {
	t := p.before
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.IEXTEN
	t.Lflag |= unix.ISIG
	t.Iflag &^= unix.ICRNL | unix.INLCR | unix.IGNCR | unix.IXON
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(p.fd, setTermios, &t); err != nil {
		return err
	}
	if !p.asked {
		p.asked = true
		p.early, _ = unix.IoctlGetInt(p.fd, countWaiting)
	}
	mark := ""
	if p.marks {
		mark = "\x1b[?2004h"
	}
	_, _ = fmt.Fprint(p.out, mark+p.question)
	return nil
}

// close restores the terminal.
func (p *prompt) close() {
	p.stopWatching()
	signal.Stop(p.continued)
	close(p.continued)
	_ = p.wake.Close()
	_ = p.woken.Close()
	clear(p.buf[:])
	group, err := unix.IoctlGetInt(p.fd, unix.TIOCGPGRP)
	if err == nil && group != unix.Getpgrp() {
		return // the terminal is not ours any more, and changing it would stop us
	}
	mark := ""
	if p.marks {
		mark = "\x1b[?2004l"
	}
	_, _ = fmt.Fprint(p.out, mark+"\n")
	_ = unix.IoctlSetTermios(p.fd, flushTermios, &p.before)
}

// read reads the value.
func (p *prompt) read(ctx context.Context) (value []byte, err error) {
	defer func() {
		if err != nil {
			clear(p.typed.value)
		}
	}()
	if p.early >= lineLimit {
		p.discard()
		return nil, refused("more was typed before the question than a terminal keeps")
	}
	for {
		typed, err := p.more(ctx)
		if err != nil {
			return nil, err
		}
		for i, b := range typed {
			switch p.typed.add(b) {
			case stepDone:
				if p.goesOn(typed[i+1:]) {
					p.discard()
					return nil, refused("several lines were typed or pasted, where one was asked for")
				}
				return p.typed.value, nil
			case stepNone:
				return nil, &Error{Empty: true, Text: "no value given"}
			case stepUnknown:
				p.discard()
				return nil, refused("a key was pressed that is not text, such as Escape or an arrow")
			case stepTooLarge:
				p.discard()
				return nil, &Error{TooLarge: true, Text: fmt.Sprintf("what was typed has more than %d bytes", secret.MaxValueLen)}
			}
		}
	}
}

func refused(why string) error {
	return &Error{Refused: true, Text: why}
}

// more waits for keys and returns their bytes, which are valid until the next call.
func (p *prompt) more(ctx context.Context) ([]byte, error) {
	for {
		fds := []unix.PollFd{{Fd: int32(p.woken.Fd()), Events: unix.POLLIN}, {Fd: int32(p.fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil {
			continue // a signal
		}
		if fds[0].Revents != 0 {
			if n, _ := p.woken.Read(p.buf[:]); n == 0 {
				return nil, ctx.Err()
			}
			if err := p.ask(); err != nil {
				return nil, err
			}
			continue
		}
		n, err := unix.Read(p.fd, p.buf[:])
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
		case err != nil:
			return nil, err
		case n == 0:
			return nil, &Error{Empty: true, Text: "no value given"}
		default:
			return p.buf[:n], nil
		}
	}
}

// goesOn reports whether something follows the line end of a value: rest, or what
// comes at once. A line feed after a carriage return belongs to the line end.
func (p *prompt) goesOn(rest []byte) bool {
	for {
		if p.typed.cr && len(rest) > 0 && rest[0] == '\n' {
			rest = rest[1:]
		}
		p.typed.cr = p.typed.cr && len(rest) == 0
		if len(rest) > 0 {
			return true
		}
		if !p.waiting(sameKey) {
			return false
		}
		n, err := unix.Read(p.fd, p.buf[:])
		if err != nil || n <= 0 {
			return false
		}
		rest = p.buf[:n]
	}
}

// discard throws away what was typed and what is still to come of a paste.
func (p *prompt) discard() {
	for p.waiting(quiet) {
		if n, err := unix.Read(p.fd, p.buf[:]); err != nil && err != unix.EINTR || n == 0 {
			return
		}
	}
}

// waiting reports whether something was typed, or is within a time. It is false if
// the context has ended.
func (p *prompt) waiting(within time.Duration) bool {
	fds := []unix.PollFd{{Fd: int32(p.woken.Fd()), Events: unix.POLLIN}, {Fd: int32(p.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, int(within.Milliseconds()))
	return err == nil && n > 0 && fds[0].Revents == 0
}
