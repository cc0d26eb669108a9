package capability

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/abi"
)

// The guest log of one provider is limited by a token bucket.
const (
	burst     = 256 // lines at once
	perSecond = 32  // lines per second after that
)

// guestLog is the guest log of one provider: a logger behind a token bucket.
type guestLog struct {
	sink     *slog.Logger
	provider string
	now      func() time.Time

	mu       sync.Mutex
	tokens   float64   // guarded by mu
	filled   time.Time // guarded by mu: when tokens was last updated
	dropped  int       // guarded by mu: since the last report
	reported time.Time // guarded by mu
}

func newGuestLog(o *Options) *guestLog {
	now := o.Now()
	return &guestLog{sink: o.Log, provider: o.Provider, now: o.Now, tokens: burst, filled: now, reported: now}
}

// Levels are levels of the guest log that somebody reads, one bit for each of the
// four levels.
type Levels uint8

const allLevels Levels = 1<<4 - 1

func bit(level abi.Level) Levels {
	return 1 << ((level - abi.LevelDebug) / (abi.LevelInfo - abi.LevelDebug))
}

func (l Levels) has(level abi.Level) bool { return l&bit(level) != 0 }

// LogLevels returns the levels that the log handler takes. Call it before an instance is
// borrowed: the handler is code of the embedder, may call the runtime, and must not
// run while a guest waits.
func (s *Set) LogLevels(ctx context.Context) (taken Levels) {
	for level := abi.LevelDebug; level <= abi.LevelError; level += abi.LevelInfo - abi.LevelDebug {
		if s.log.sink.Enabled(ctx, slog.Level(level)) {
			taken |= bit(level)
		}
	}
	return taken
}

// drop counts lines that are not written.
func (g *guestLog) drop(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropped += n
}

// admit takes one token from the bucket, or counts a dropped line.
func (g *guestLog) admit() bool {
	now := g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
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
	now := g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
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

// DropLogs counts lines of a call that are not written.
func (s *Set) DropLogs(n int) {
	if n > 0 {
		s.log.drop(n)
	}
}

// EmitLogs writes the lines of a call to the guest log: at the level of the line,
// with the provider and the text, which is cut to 512 bytes and quoted. The caller
// has masked the text with [Set.MaskLines]. Lines above the rate of the provider are
// dropped and counted, and the count is reported once a second.
func (s *Set) EmitLogs(ctx context.Context, held []LogLine) {
	for _, line := range held {
		if !s.log.admit() {
			continue
		}
		s.log.sink.LogAttrs(ctx, slog.Level(line.Level), "guest log",
			slog.String("provider", s.log.provider), slog.String("text", strconv.Quote(cut(toText(line.Text), maxText))))
	}
	s.log.report(ctx, s.log.due(false))
}

// MaskLines replaces the text of each line by what mask makes of it, and returns the
// lines up to the first for which mask reports false. The others are counted as dropped.
func (s *Set) MaskLines(lines []LogLine, mask func(string) (string, bool)) []LogLine {
	for i := range lines {
		text, ok := mask(lines[i].Text)
		if !ok {
			s.DropLogs(len(lines) - i)
			return lines[:i]
		}
		lines[i].Text = text
	}
	return lines
}
