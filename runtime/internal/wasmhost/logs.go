package wasmhost

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/internal/capability"
)

// Logs holds the guest log lines of one request until its values are registered
// and the lines are masked. It is a context itself, which saves every request an allocation. It
// is safe for concurrent use.
type Logs struct {
	context.Context

	mu    sync.Mutex
	held  []held // guarded by mu
	bytes int    // guarded by mu: of the lines that are held
	notes []note // guarded by mu

	leftOut map[string]int // guarded by mu: names that providers left out of a listing
}

// note is a warning of the host, which is written with the lines of the guest.
type note struct {
	log   *slog.Logger
	text  string
	attrs []slog.Attr
}

type held struct {
	caps  *capability.Set
	lines []capability.LogLine
}

type logsKey struct{}

// HoldLogs begins a request: it returns a context under which guest log lines are held in
// the returned Logs instead of being written when their call ends. The caller calls
// [Logs.Mask] and [Logs.Flush]; lines that are not flushed are lost. Of a request that
// ctx belongs to, only the deadline, the end and its writes under way are inherited.
func HoldLogs(ctx context.Context) (context.Context, *Logs) {
	l := &Logs{Context: ctx}
	return l, l
}

// Value returns the Logs itself for its key. The context may be that of another request,
// in which this one was begun by code of the embedder: what that one has there for its
// own calls is hidden.
func (l *Logs) Value(key any) any {
	switch key.(type) {
	case logsKey:
		return l
	case budgetKey:
		return nil
	}
	if capability.IsMark(key) {
		return nil
	}
	return l.Context.Value(key)
}

// What masking the lines of one request takes. Of the worst lines, a registry of 10,000
// values masks 100 KiB a second.
const (
	maskBytes = 16 << 10               // as many as one call holds
	lateBytes = 1 << 10                // that are masked however long it takes
	maskTime  = 100 * time.Millisecond // after which lines above maskBytes are dropped
	mostTime  = 250 * time.Millisecond // after which lines above lateBytes are dropped: 20 times what usual ones take
)

// Masker masks the lines of guests.
type Masker interface {
	// PrepareWithin makes ready for StringWhile, and reports whether it was done within the
	// given time and before ctx ended.
	PrepareWithin(ctx context.Context, within time.Duration) bool
	// StringWhile masks a text as long as goOn reports true, which it asks often for a long
	// text. ok is false if it stopped.
	StringWhile(text string, goOn func() bool) (masked string, ok bool)
}

// Mask replaces the text of the held lines by what m makes of it. Call it once
// the values of the request are registered. Lines that take too long, or that are left
// when ctx is over, are dropped and counted, and all if m is not prepared within the given
// time. No lock is held while m runs.
func (l *Logs) Mask(ctx context.Context, within time.Duration, m Masker) {
	l.mu.Lock()
	all := l.held
	l.held = nil
	l.mu.Unlock()
	ready := len(all) > 0 && m.PrepareWithin(ctx, within) // what others have read: no line is long for that
	begun, bytes := time.Now(), 0
	goOn := func() bool { return ctx.Err() == nil && time.Since(begun) < mostTime }
	bounded := func(text string) (string, bool) {
		bytes += len(text)
		switch {
		case !ready:
			return "", false
		case bytes <= lateBytes:
			return m.StringWhile(text, func() bool { return true })
		case !goOn() || bytes > maskBytes && time.Since(begun) >= maskTime:
			return "", false
		}
		return m.StringWhile(text, goOn)
	}
	for i, h := range all {
		all[i].lines = h.caps.MaskLines(h.lines, bounded)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = all
}

// Flush writes the lines that were held and holds none of them any longer. No
// lock is held while the log handler runs.
func (l *Logs) Flush(ctx context.Context) {
	l.mu.Lock()
	lines, notes := l.held, l.notes
	l.held, l.bytes, l.notes = nil, 0, nil
	l.mu.Unlock()
	for _, n := range notes {
		n.log.LogAttrs(ctx, slog.LevelWarn, n.text, n.attrs...)
	}
	for _, h := range lines {
		h.caps.EmitLogs(ctx, h.lines)
	}
}

// note adds a warning about the provider to the Logs of ctx. A log handler may call
// any method of the runtime, so it must not run in the middle of a request.
func (p *Provider) note(ctx context.Context, text string, attrs ...slog.Attr) {
	n := note{p.o.Log, text, append([]slog.Attr{slog.String("provider", p.name)}, attrs...)}
	l, ok := ctx.Value(logsKey{}).(*Logs)
	if !ok {
		n.log.LogAttrs(ctx, slog.LevelWarn, n.text, n.attrs...) // not a request of a runtime
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notes = append(l.notes, n)
}

// leaveOut notes that the provider has left out so many names of a listing.
func (p *Provider) leaveOut(ctx context.Context, n int) {
	l, ok := ctx.Value(logsKey{}).(*Logs)
	if !ok || n == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.leftOut == nil {
		l.leftOut = map[string]int{}
	}
	l.leftOut[p.name] += n
}

// LeftOut returns how many names providers have left out of a listing, nil if none has.
func (l *Logs) LeftOut() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.leftOut)
}

// maxHeldLogs is how many bytes of lines one request holds. It may take thousands of
// calls of a module, each with its own lines.
const (
	maxHeldLogs = 1 << 20
	lineCost    = 64 // bytes that a line is counted as, besides its text
)

// report adds the lines of one call to the Logs of ctx. Without Logs they are
// dropped: nothing would mask them. Those above the limit of a request are dropped and
// counted.
func (p *Provider) report(ctx context.Context, lines []capability.LogLine) {
	if len(lines) == 0 {
		return
	}
	l, ok := ctx.Value(logsKey{}).(*Logs)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fits := 0
	for _, line := range lines {
		if l.bytes+len(line.Text)+lineCost > maxHeldLogs {
			break
		}
		l.bytes += len(line.Text) + lineCost
		fits++
	}
	p.caps.DropLogs(len(lines) - fits)
	if fits > 0 {
		l.held = append(l.held, held{caps: p.caps, lines: lines[:fits]})
	}
}
