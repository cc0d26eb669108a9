package capability

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/wipe"
)

// The guest log of one call is bounded. What exceeds a limit is dropped and
// counted.
const (
	callLines = 64       // lines of one call
	callBytes = 16 << 10 // bytes of one call
	lineBytes = 8 << 10  // bytes of one line that are held for masking
	tailBytes = 2 << 10  // bytes of standard output and error that are shown after a crash
	tailHeld  = tailBytes + lineBytes
	openRun   = 16  // characters of a run at the end of a line that may continue in the next
	openWords = 8   // characters in which a line differs from one that it continues from
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
	tails   [2]tail    // of both
}

// tail is the end of what was written to standard output or error.
type tail struct {
	text []byte // at most tailHeld bytes
	gone int    // bytes before them
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

// empty reports whether the guest has written nothing, as in most calls.
func (l *lines) empty() bool {
	n := len(l.held) + l.bytes + l.dropped
	for i := range l.partial {
		n += len(l.partial[i].text) + l.partial[i].over + len(l.tails[i].text) + l.tails[i].gone
	}
	return n == 0
}

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
		l.hold(c, level, leftOut(len(text)))
	case l.bytes+len(text) > callBytes:
		l.dropped++
		l.bytes = callBytes // a line behind this one may be its end
	default:
		l.hold(c, level, string(text))
	}
}

func (l *lines) hold(c *Call, level abi.Level, text string) {
	if !c.hold(len(text) + noteCost) {
		l.dropped++
		return
	}
	l.held = append(l.held, LogLine{level, text})
	l.bytes += len(text)
}

func leftOut(n int) string { return fmt.Sprintf("[a line of %d bytes was left out]", n) }

func leftOutText(n int) string { return fmt.Sprintf("[a text of %d bytes was left out]", n) }

func (l *lines) write(c *Call, stream int, b []byte) {
	l.tails[stream].keep(b)
	for len(b) > 0 {
		piece, rest, ended := bytes.Cut(b, []byte{'\n'})
		p := &l.partial[stream]
		fits := min(len(piece), lineBytes-len(p.text))
		p.text = append(wipe.Grow(p.text, fits), piece[:fits]...)
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
		l.hold(c, level, leftOut(len(p.text)+p.over))
	case len(p.text) > 0:
		l.add(c, level, p.text)
	}
	p.reset()
}

func (p *partial) reset() {
	clear(p.text)
	p.text, p.over = p.text[:0], 0
}

func (t *tail) keep(b []byte) {
	fits := b[max(0, len(b)-tailHeld):]
	if over := len(t.text) + len(fits) - tailHeld; over > 0 {
		t.text = t.text[:copy(t.text, t.text[over:])]
		t.gone += over
	}
	t.gone += len(b) - len(fits)
	t.text = append(wipe.Grow(t.text, len(fits)), fits...)
}

// String returns the tail without the lines at its start that may be the rest of a value
// whose beginning is gone.
func (t *tail) String() string {
	if t.gone == 0 {
		return string(t.text)
	}
	line, rest, _ := strings.Cut(string(t.text), "\n")
	open := oneWord(line) || endsOpen(line)
	if !open { // what the line looked like is gone with its beginning
		first, second, _ := strings.Cut(rest, "\n")
		second, _, _ = strings.Cut(second, "\n")
		open = goesOn(first, second)
	}
	for open && len(rest) > 0 {
		line, rest, _ = strings.Cut(rest, "\n")
		next, _, _ := strings.Cut(rest, "\n")
		open = endsOpen(line) || goesOn(line, next)
	}
	if len(rest) == 0 {
		return leftOutText(t.gone + len(t.text))
	}
	return rest
}

func (t *tail) reset() {
	clear(t.text)
	t.text, t.gone = t.text[:0], 0
}

// endsOpen reports whether the end of a line may continue in the next line: the line has
// a mark of continuation, or ends with a long run of characters, such as base64 in columns
// or a list of strings.
func endsOpen(line string) bool {
	line = strings.TrimRight(line, " \t\r\x00+")
	run := line[strings.LastIndexAny(line, " \t>")+1:]
	return len(run) >= openRun || strings.HasSuffix(line, "=") || strings.HasSuffix(line, `\`)
}

// goesOn reports whether line and next look like two pieces of one value: each is one
// word, or both have the same words and marks but for the piece.
func goesOn(line, next string) bool {
	if line == "" || next == "" {
		return false
	}
	if oneWord(line) && oneWord(next) {
		return true
	}
	words, others := strings.FieldsFunc(line, ofMark), strings.FieldsFunc(next, ofMark)
	if len(words) != len(others) || marks(line) != marks(next) {
		return false
	}
	same, differs := 0, 0
	for i, w := range words {
		if w == others[i] {
			same += len(w)
		} else {
			differs += max(len(w), len(others[i]))
		}
	}
	return differs >= openWords || same == 0 && differs > 0
}

// oneWord reports whether no space is between the characters of a line.
func oneWord(line string) bool { return !strings.ContainsAny(strings.Trim(line, " \t\r"), " \t") }

// ofMark reports whether a character is a mark: part of neither a word nor base64.
func ofMark(r rune) bool {
	return r < utf8.RuneSelf && !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("+/_-=", r))
}

// marks returns the characters between the words of a line.
func marks(line string) string {
	return strings.Map(func(r rune) rune {
		if ofMark(r) {
			return r
		}
		return -1
	}, line)
}

// end returns what is shown of the end of the output if the guest crashes: of
// standard error, or of standard output if the guest wrote no errors.
func (l *lines) end() string {
	if t := &l.tails[1]; len(t.text) > 0 {
		return t.String()
	}
	return l.tails[0].String()
}

// take ends unfinished lines, returns all lines, and makes l ready for the next
// call.
func (l *lines) take(c *Call) []LogLine {
	for stream, p := range l.partial {
		if len(p.text) > 0 {
			l.endLine(c, stream)
		}
	}
	held := l.held
	if l.full() {
		held = l.withoutOpenEnds()
	}
	if l.dropped > 0 {
		c.set.log.drop(l.dropped)
	}
	l.dropTails()
	l.held, l.bytes, l.dropped = nil, 0, 0
	return held
}

func (l *lines) dropTails() {
	for i := range l.tails {
		l.tails[i].reset()
	}
}

// withoutOpenEnds returns the lines that are held without the last ones of each level
// that may be the beginning of what was dropped, which it counts as dropped.
func (l *lines) withoutOpenEnds() []LogLine {
	var kept []LogLine
	var whole Levels // levels of which a line is kept
	for _, line := range slices.Backward(l.held) {
		if !whole.has(line.Level) && endsOpen(line.Text) {
			l.dropped++
			continue
		}
		whole |= bit(line.Level)
		kept = append(kept, line)
	}
	slices.Reverse(kept)
	return kept
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
