package capability

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/abi"
)

// The budget of the guest log. What exceeds it is dropped and counted.
const (
	callLines = 64       // lines of one call
	callBytes = 16 << 10 // bytes of one call
	lineBytes = 8 << 10  // bytes of one line that are held for masking
	tailBytes = 2 << 10  // bytes of stdout and stderr that are kept for a crash
	burst     = 256      // lines of one provider at once
	perSecond = 32       // lines of one provider per second after that
)

// LogLine is one line of the guest log, held until the call's values are
// registered for masking. Its text is the module's: it may hold anything.
type LogLine struct {
	Level abi.Level
	Text  string
}

// levelOf returns the level of the ABI that a guest's number stands for.
func levelOf(n int32) abi.Level {
	switch l := abi.Level(n); {
	case l >= abi.LevelError:
		return abi.LevelError
	case l >= abi.LevelWarn:
		return abi.LevelWarn
	case l >= abi.LevelInfo:
		return abi.LevelInfo
	}
	return abi.LevelDebug
}

// lines holds the guest log of one call.
type lines struct {
	held    []LogLine
	bytes   int
	dropped int
	partial [2]partial // of stdout and stderr
	tail    []byte     // the last tailBytes of both
}

// partial is a line of standard output that has not ended yet.
type partial struct {
	text []byte
	over int // bytes that did not fit
}

// full reports whether the call's budget is used up.
func (l *lines) full() bool { return len(l.held) >= callLines || l.bytes >= callBytes }

// add holds one line, unless nobody would read it. A line is never cut here: a
// value that is cut in two can no longer be masked. One that is too long is
// left out as a whole.
func (l *lines) add(c *Call, level abi.Level, text []byte) {
	switch {
	case !c.set.log.enabled(c, level):
	case l.full():
		l.dropped++
	case len(text) > lineBytes:
		l.hold(level, leftOut(len(text)))
	case l.bytes+len(text) > callBytes:
		l.dropped++
	default:
		l.hold(level, toText(text))
	}
}

func (l *lines) hold(level abi.Level, text string) {
	l.held = append(l.held, LogLine{level, text})
	l.bytes += len(text)
}

func leftOut(n int) string { return fmt.Sprintf("[a line of %d bytes was left out]", n) }

// write takes a piece of stdout (0) or stderr (1) and adds the lines in it.
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
	case p.over > 0 && c.set.log.enabled(c, level):
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
	b = b[max(0, len(b)-tailBytes):]
	if gone := len(l.tail) + len(b) - tailBytes; gone > 0 {
		l.tail = l.tail[:copy(l.tail, l.tail[gone:])]
	}
	l.tail = append(l.tail, b...)
}

func (l *lines) tailText() string { return toText(l.tail) }

// take ends open lines, returns all that are held and makes l ready for the
// next call.
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

// guestLog is the guest log of one provider: a sink behind a token bucket.
type guestLog struct {
	sink     *slog.Logger
	provider string
	now      func() time.Time

	mu       sync.Mutex
	tokens   float64   // guarded by mu
	filled   time.Time // guarded by mu: when tokens was right
	dropped  int       // guarded by mu: since the last report
	reported time.Time // guarded by mu
}

func newGuestLog(o Options) *guestLog {
	now := o.Now()
	return &guestLog{sink: o.Log, provider: o.Provider, now: o.Now, tokens: burst, filled: now, reported: now}
}

func (g *guestLog) enabled(ctx context.Context, level abi.Level) bool {
	return g.sink.Enabled(ctx, slog.Level(level))
}

func (g *guestLog) drop(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropped += n
}

// admit takes one token from the bucket, or counts a dropped line.
func (g *guestLog) admit() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.tokens = min(burst, g.tokens+max(0, now.Sub(g.filled).Seconds())*perSecond)
	g.filled = now
	if g.tokens < 1 {
		g.dropped++
		return false
	}
	g.tokens--
	return true
}

// due returns how many dropped lines to report now, at most once a second.
func (g *guestLog) due(last bool) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if g.dropped == 0 || !last && now.Sub(g.reported) < time.Second {
		return 0
	}
	n := g.dropped
	g.dropped, g.reported = 0, now
	return n
}

func (g *guestLog) report(ctx context.Context, n int) {
	if n > 0 {
		g.sink.LogAttrs(ctx, slog.LevelWarn, "guest log lines dropped",
			slog.String("provider", g.provider), slog.Int("dropped", n))
	}
}

func (g *guestLog) close() { g.report(context.Background(), g.due(true)) }

// EmitLogs writes the lines of a call to the guest log: at the line's level,
// with the provider and the text, which goes through mask, is cut to 512 bytes
// and quoted. A nil mask changes nothing. Lines above the provider's rate are
// dropped and counted, and the count is reported once a second.
func (s *Set) EmitLogs(ctx context.Context, held []LogLine, mask func(string) string) {
	for _, line := range held {
		if !s.log.admit() {
			continue
		}
		text := line.Text
		if mask != nil {
			text = mask(text)
		}
		s.log.sink.LogAttrs(ctx, slog.Level(line.Level), "guest log",
			slog.String("provider", s.log.provider), slog.String("text", strconv.Quote(cut(text, maxText))))
	}
	s.log.report(ctx, s.log.due(false))
}
