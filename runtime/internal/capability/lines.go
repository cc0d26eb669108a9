package capability

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/abi"
)

// The guest log of one call is bounded. What exceeds a limit is dropped and
// counted.
const (
	callLines = 64       // lines of one call
	callBytes = 16 << 10 // bytes of one call
	lineBytes = 8 << 10  // bytes of one line that are held for masking
	tailBytes = 2 << 10  // bytes of standard output and error that are shown after a crash
	tailHeld  = tailBytes + lineBytes
	maxText   = 512 // bytes of a line in the log, and of the text about a failure
)

// LogLine is one line of the guest log, held until the call's values are
// registered for masking. Its text comes from the module and may hold anything,
// also invalid UTF-8: what is not masked yet must not be changed.
type LogLine struct {
	Level abi.Level
	Text  string
}

// lines holds the guest log of one call.
type lines struct {
	held    []LogLine
	bytes   int
	dropped int
	partial [2]partial // of standard output and standard error
	tail    []byte     // the last tailHeld bytes of both
}

// partial is a line of standard output or error that has not ended yet.
type partial struct {
	text []byte
	over int // bytes that did not fit
}

// Log adds a line to the guest log of this call, unless nobody would read it.
func (c *Call) Log(level abi.Level, text []byte) { c.lines.add(c, level, text) }

// Warn adds a line of the host to the guest log of this call.
func (c *Call) Warn(text string) { c.Log(abi.LevelWarn, []byte(text)) }

// LogEnabled reports whether a line with that level would be kept.
func (c *Call) LogEnabled(level abi.Level) bool {
	return !c.lines.full() && c.levels.has(level)
}

// WriteOutput takes a piece of standard output (0) or standard error (1) and logs
// the lines in it.
func (c *Call) WriteOutput(stream int, b []byte) { c.lines.write(c, stream, b) }

// full reports whether the call has used up its lines or bytes.
func (l *lines) full() bool { return len(l.held) >= callLines || l.bytes >= callBytes }

// add holds one line. It never cuts one, because half of a value cannot be masked:
// a line that is too long is left out as a whole.
func (l *lines) add(c *Call, level abi.Level, text []byte) {
	switch {
	case !c.levels.has(level):
	case l.full():
		l.dropped++
	case len(text) > lineBytes:
		l.hold(level, leftOut(len(text)))
	case l.bytes+len(text) > callBytes:
		l.dropped++
	default:
		l.hold(level, string(text))
	}
}

func (l *lines) hold(level abi.Level, text string) {
	l.held = append(l.held, LogLine{level, text})
	l.bytes += len(text)
}

func leftOut(n int) string { return fmt.Sprintf("[a line of %d bytes was left out]", n) }

func (l *lines) write(c *Call, stream int, b []byte) {
	l.keepTail(b)
	for len(b) > 0 {
		piece, rest, ended := bytes.Cut(b, []byte{'\n'})
		p := &l.partial[stream]
		fits := min(len(piece), lineBytes-len(p.text))
		p.text = append(p.text, piece[:fits]...)
		p.over += len(piece) - fits
		if ended {
			l.endLine(c, stream)
		}
		b = rest
	}
}

func (l *lines) endLine(c *Call, stream int) {
	p, level := &l.partial[stream], abi.LevelInfo
	if stream == 1 {
		level = abi.LevelWarn
	}
	switch {
	case p.over > 0 && l.full():
		l.dropped++
	case p.over > 0 && c.levels.has(level):
		l.hold(level, leftOut(len(p.text)+p.over))
	case len(p.text) > 0:
		l.add(c, level, p.text)
	}
	p.reset()
}

func (p *partial) reset() {
	clear(p.text)
	p.text, p.over = p.text[:0], 0
}

func (l *lines) keepTail(b []byte) {
	b = b[max(0, len(b)-tailHeld):]
	if gone := len(l.tail) + len(b) - tailHeld; gone > 0 {
		l.tail = l.tail[:copy(l.tail, l.tail[gone:])]
	}
	l.tail = append(l.tail, b...)
}

// take ends unfinished lines, returns all lines, and makes l ready for the next
// call.
func (l *lines) take(c *Call) []LogLine {
	for stream, p := range l.partial {
		if len(p.text) > 0 {
			l.endLine(c, stream)
		}
	}
	if l.dropped > 0 {
		c.set.log.drop(l.dropped)
	}
	held := l.held
	clear(l.tail)
	l.held, l.bytes, l.dropped, l.tail = nil, 0, 0, l.tail[:0]
	return held
}

// cut returns at most n bytes of b, and does not end within a character.
func cut[T []byte | string](b T, n int) T {
	if len(b) <= n {
		return b
	}
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return b[:i]
		}
	}
	return b[:n]
}

// toText returns text as valid UTF-8.
func toText(text string) string { return strings.ToValidUTF8(text, "�") }

// lastOf returns at most the last n bytes of text, from the start of a character.
func lastOf(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for i := len(text) - n; i < len(text); i++ {
		if utf8.RuneStart(text[i]) {
			return text[i:]
		}
	}
	return ""
}
