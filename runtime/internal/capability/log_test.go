package capability_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/secret"
)

func TestLogWaitsForTheEndAndIsMasked(t *testing.T) {
	t.Parallel()
	sink := &guesttest.Records{}
	g := guesttest.New(t, capability.Options{Provider: "vault", Log: sink.Logger()}, all.Grants{})
	g.Log(abi.LevelDebug, "not kept")
	g.Log(abi.LevelInfo, "token hunter2")
	g.Log(99, "red")
	g.Log(abi.LevelError-1, "yellow")
	held := g.Call.End().Logs
	if sink.String() != "" {
		t.Errorf("logged before the call ended: %q", sink.String())
	}
	held = g.Set.MaskLines(held, func(s string) (string, bool) { return strings.ReplaceAll(s, "hunter2", "[REDACTED]"), true })
	g.Set.EmitLogs(t.Context(), held)
	want := []guesttest.Record{
		{Level: "INFO", Msg: "guest log", Provider: "vault", Text: `"token [REDACTED]"`},
		{Level: "ERROR", Msg: "guest log", Provider: "vault", Text: `"red"`},
		{Level: "WARN", Msg: "guest log", Provider: "vault", Text: `"yellow"`},
	}
	if got := sink.All(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("logged %+v, want %+v", got, want)
	}
}

// A module's log shows the settings that are public, and no other.
func TestTM019SettingsAreMaskedUnlessPublic(t *testing.T) {
	t.Parallel()
	for _, public := range [][]string{nil, {}, {"other"}, {"prefix"}, {"dsn", "prefix"}} {
		g := guesttest.New(t, capability.Options{Public: public}, all.Grants{})
		setting := abi.Append(abi.Append(nil, abi.TagName, []byte("prefix")), abi.TagText, []byte("the-value-of-it"))
		g.Call.Begin(t.Context(), secret.OpOpen, abi.Append(nil, abi.TagConfig, setting), nil)
		g.Log(abi.LevelInfo, "it is the-value-of-it.")
		lines := g.Call.End().Logs
		want := "it is [REDACTED:prefix]."
		if slices.Contains(public, "prefix") {
			want = "it is the-value-of-it."
		}
		if len(lines) != 1 || lines[0].Text != want {
			t.Errorf("public %q: %+v, want %q", public, lines, want)
		}
	}
}

// A value across the place where a line is cut is masked before the cut.
func TestLogIsMaskedBeforeItIsCut(t *testing.T) {
	t.Parallel()
	sink := &guesttest.Records{}
	g := guesttest.New(t, capability.Options{Log: sink.Logger()}, all.Grants{})
	value := strings.Repeat("s3cret", 20)
	g.Log(abi.LevelInfo, strings.Repeat("x", 500)+value)
	g.Log(abi.LevelInfo, strings.Repeat("x", 8190)+value) // cut here, half a value would remain
	lines := g.Call.End().Logs
	lines = g.Set.MaskLines(lines, func(s string) (string, bool) { return strings.ReplaceAll(s, value, "***"), true })
	g.Set.EmitLogs(t.Context(), lines)
	if strings.Contains(sink.String(), "s3c") {
		t.Errorf("logged %q", sink.String())
	}
	for _, rec := range sink.All(t) {
		if text, err := strconv.Unquote(rec.Text); err != nil || len(text) > 512 {
			t.Errorf("text of %d bytes, %v", len(text), err)
		}
	}
}

func TestTM027LogLinesStayOneLine(t *testing.T) {
	t.Parallel()
	sink := &guesttest.Records{}
	g := guesttest.New(t, capability.Options{Log: sink.Logger()}, all.Grants{})
	g.Log(abi.LevelInfo, "\x1b[31m\nlevel=ERROR msg=\"forged\"\r\x00\xff\u202e")
	g.Set.EmitLogs(t.Context(), g.Call.End().Logs)
	got := sink.All(t)
	if len(got) != 1 || strings.ContainsAny(got[0].Text, "\x1b\n\r\x00\u202e") {
		t.Errorf("logged %+v", got)
	}
}

// A flood of lines is limited per call and per provider, and every line is either
// logged or counted.
func TestTM010LogFlood(t *testing.T) {
	t.Parallel()
	sink := &guesttest.Records{}
	now := time.Unix(1_000_000_000, 0)
	g := guesttest.New(t, capability.Options{Log: sink.Logger(), Now: func() time.Time { return now }}, all.Grants{})
	fn, stack := g.Module.ExportedFunction("postern_v1.log"), make([]uint64, 3)
	ptr, n := g.Put(guesttest.BufAt, "flood")
	const calls, each = 100, 10_000
	held := 0
	for range calls {
		g.Begin(t.Context())
		for range each {
			stack[0], stack[1], stack[2] = uint64(abi.LevelError), ptr, n
			if err := fn.CallWithStack(g.Call, stack); err != nil {
				t.Fatal(err)
			}
		}
		logs := g.Call.End().Logs
		held = max(held, len(logs))
		g.Set.EmitLogs(t.Context(), logs)
		now = now.Add(100 * time.Millisecond)
	}
	g.Set.Close()
	emitted, dropped, reports := 0, 0, 0
	for _, rec := range sink.All(t) {
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
	sink := &guesttest.Records{}
	g := guesttest.New(t, capability.Options{Log: sink.Logger()}, all.Grants{})
	for level, want := range map[abi.Level]int32{abi.LevelDebug: 0, abi.LevelInfo: 1, abi.LevelError: 1, -1: 0, 1 << 20: 1} {
		if got := g.Do("postern_v1.log_enabled", uint64(uint32(level))); got != want {
			t.Errorf("log_enabled(%d) = %d, want %d", level, got, want)
		}
	}
	for range 64 {
		g.Log(abi.LevelError, "")
	}
	if got := g.Do("postern_v1.log_enabled", uint64(abi.LevelError)); got != 0 {
		t.Errorf("log_enabled after the last line of the call = %d, want 0", got)
	}
	silent := guesttest.New(t, capability.Options{}, all.Grants{})
	if got := silent.Do("postern_v1.log_enabled", uint64(abi.LevelError)); got != 0 {
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

// No host function waits for the log: a sink that blocks does not block a call.
func TestTM009LogSinkDoesNotBlockTheGuest(t *testing.T) {
	t.Parallel()
	sink := blocked{slog.DiscardHandler, make(chan struct{})}
	g := guesttest.New(t, capability.Options{Log: slog.New(sink)}, all.Grants{})
	t.Cleanup(func() { close(sink.release) }) // before the Set is closed
	for range 100 {
		g.Log(abi.LevelError, "line")
	}
	if got := len(g.Call.End().Logs); got != 64 {
		t.Errorf("%d lines held, want 64", got)
	}
}
