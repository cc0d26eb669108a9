package capability_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
)

// records is a log sink that keeps what it gets, as JSON lines.
type records struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *records) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(b)
}

func (r *records) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(r, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

func (r *records) count(word string) (n int) {
	for line := range strings.Lines(r.buf.String()) {
		if strings.Contains(line, word) {
			n++
		}
	}
	return n
}

type record struct {
	Level, Msg, Provider, Text string
	Dropped                    int
}

func (r *records) all(t testing.TB) []record {
	t.Helper()
	var out []record
	for line := range strings.Lines(r.buf.String()) {
		var rec record
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		out = append(out, rec)
	}
	return out
}

func (g *guest) log(level abi.Level, text string) {
	g.t.Helper()
	ptr, n := g.put(bufAt, text)
	if _, err := g.raw("postern_v1.log", uint64(uint32(level)), ptr, n); err != nil {
		g.t.Fatal(err)
	}
}

func TestLogWaitsForTheEndAndIsMasked(t *testing.T) {
	t.Parallel()
	sink := &records{}
	g := newGuest(t, capability.Options{Provider: "vault", Log: sink.logger()})
	g.log(abi.LevelDebug, "not kept")
	g.log(abi.LevelInfo, "token hunter2")
	g.log(99, "red")
	g.log(abi.LevelError-1, "yellow")
	held := g.call.End().Logs
	if sink.buf.Len() != 0 {
		t.Errorf("logged before the call ended: %q", sink.buf.String())
	}
	g.set.EmitLogs(t.Context(), held, func(s string) string { return strings.ReplaceAll(s, "hunter2", "[REDACTED]") })
	want := []record{
		{Level: "INFO", Msg: "guest log", Provider: "vault", Text: `"token [REDACTED]"`},
		{Level: "ERROR", Msg: "guest log", Provider: "vault", Text: `"red"`},
		{Level: "WARN", Msg: "guest log", Provider: "vault", Text: `"yellow"`},
	}
	if got := sink.all(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("logged %+v, want %+v", got, want)
	}
}

// A value that straddles the cut is whole when it is masked.
func TestLogIsMaskedBeforeItIsCut(t *testing.T) {
	t.Parallel()
	sink := &records{}
	g := newGuest(t, capability.Options{Log: sink.logger()})
	value := strings.Repeat("s3cret", 20)
	g.log(abi.LevelInfo, strings.Repeat("x", 500)+value)
	g.log(abi.LevelInfo, strings.Repeat("x", 8190)+value) // cut here, it would be half a value
	g.set.EmitLogs(t.Context(), g.call.End().Logs, func(s string) string { return strings.ReplaceAll(s, value, "***") })
	if strings.Contains(sink.buf.String(), "s3c") {
		t.Errorf("logged %q", sink.buf.String())
	}
	for _, rec := range sink.all(t) {
		if text, err := strconv.Unquote(rec.Text); err != nil || len(text) > 512 {
			t.Errorf("text of %d bytes, %v", len(text), err)
		}
	}
}

func TestTM027LogLinesStayOneLine(t *testing.T) {
	t.Parallel()
	sink := &records{}
	g := newGuest(t, capability.Options{Log: sink.logger()})
	g.log(abi.LevelInfo, "\x1b[31m\nlevel=ERROR msg=\"forged\"\r\x00\xff\u202e")
	g.set.EmitLogs(t.Context(), g.call.End().Logs, nil)
	got := sink.all(t)
	if len(got) != 1 || strings.ContainsAny(got[0].Text, "\x1b\n\r\x00\u202e") {
		t.Errorf("logged %+v", got)
	}
}

// A flood is cut at the budgets of the call and of the provider, and every line
// is either logged or counted.
func TestTM010LogFlood(t *testing.T) {
	t.Parallel()
	sink := &records{}
	now := time.Unix(1_000_000_000, 0)
	g := newGuest(t, capability.Options{Log: sink.logger(), Now: func() time.Time { return now }})
	fn, stack := g.mod.ExportedFunction("postern_v1.log"), make([]uint64, 3)
	ptr, n := g.put(bufAt, "flood")
	const calls, each = 100, 10_000
	held := 0
	for range calls {
		g.begin(t.Context())
		for range each {
			stack[0], stack[1], stack[2] = uint64(abi.LevelError), ptr, n
			if err := fn.CallWithStack(g.call, stack); err != nil {
				t.Fatal(err)
			}
		}
		logs := g.call.End().Logs
		held = max(held, len(logs))
		g.set.EmitLogs(t.Context(), logs, nil)
		now = now.Add(100 * time.Millisecond)
	}
	g.set.Close()
	emitted, dropped, reports := 0, 0, 0
	for _, rec := range sink.all(t) {
		if rec.Msg == "guest log" {
			emitted++
			continue
		}
		reports++
		dropped += rec.Dropped
	}
	if held > 64 {
		t.Errorf("%d lines of one call were held, want at most 64", held)
	}
	if emitted > 256+32*10 {
		t.Errorf("%d lines in 10 s, want at most %d", emitted, 256+32*10)
	}
	if emitted+dropped != calls*each {
		t.Errorf("%d logged + %d dropped, want %d", emitted, dropped, calls*each)
	}
	if reports > 11 {
		t.Errorf("%d reports of dropped lines in 10 s, want at most 11", reports)
	}
}

func TestLogEnabled(t *testing.T) {
	t.Parallel()
	sink := &records{}
	g := newGuest(t, capability.Options{Log: sink.logger()})
	for level, want := range map[abi.Level]int32{abi.LevelDebug: 0, abi.LevelInfo: 1, abi.LevelError: 1, -1: 0, 1 << 20: 1} {
		if got := g.do("postern_v1.log_enabled", uint64(uint32(level))); got != want {
			t.Errorf("log_enabled(%d) = %d, want %d", level, got, want)
		}
	}
	for range 64 {
		g.log(abi.LevelError, "")
	}
	if got := g.do("postern_v1.log_enabled", uint64(abi.LevelError)); got != 0 {
		t.Errorf("log_enabled above the budget = %d, want 0", got)
	}
	silent := newGuest(t, capability.Options{})
	if got := silent.do("postern_v1.log_enabled", uint64(abi.LevelError)); got != 0 {
		t.Errorf("log_enabled without a log = %d, want 0", got)
	}
}

// blocked is a log handler that returns when it is released.
type blocked struct {
	slog.Handler
	release chan struct{}
}

func (blocked) Enabled(context.Context, slog.Level) bool    { return true }
func (b blocked) Handle(context.Context, slog.Record) error { <-b.release; return nil }

// No host function waits for the log: a blocked sink cannot hold a call.
func TestTM009LogSinkDoesNotBlockTheGuest(t *testing.T) {
	t.Parallel()
	sink := blocked{slog.DiscardHandler, make(chan struct{})}
	g := newGuest(t, capability.Options{Log: slog.New(sink)})
	t.Cleanup(func() { close(sink.release) }) // before the Set is closed
	for range 100 {
		g.log(abi.LevelError, "line")
	}
	if got := len(g.call.End().Logs); got != 64 {
		t.Errorf("%d lines held, want 64", got)
	}
}
