package wasmhost_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/hostile"
)

// canary is the secret in the configuration of every hostile module, 40 bytes.
const canary = "canary-7c1d9b52-e0aa-4c1f-8f66-31d02b9a5"

func mask(s string) string { return strings.ReplaceAll(s, canary, "[REDACTED]") }

// options returns what the case is given, with a log that goes to log.
func options(t testing.TB, c hostile.Case, log *bytes.Buffer) wasmhost.Options {
	t.Helper()
	wasm, err := c.Wasm()
	if err != nil {
		t.Fatal(err)
	}
	noTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	o := wasmhost.Options{
		Name: "hostile", Wasm: wasm, Config: map[string]string{"token": canary},
		Environ: func() []string { return []string{"GRANTED=1", "SECRET=" + canary} },
		// The clock stands still, so that the log reports only once what it dropped.
		Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
		Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{ReplaceAttr: noTime})),
	}
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(cmp.Or(c.Given[name], "0"), 10, 64)
		return n
	}
	o.Limits.Value, o.Limits.KV, o.Fuel = number("value"), number("kv"), number("fuel")
	o.Limits.MemoryPages = uint32(number("pages"))
	o.Limits.Call, _ = time.ParseDuration(c.Given["call"])
	switch c.Given["grant"] {
	case "env":
		o.Grant.Env = []string{"GRANTED"}
	case "files":
		o.Dir = folder(t)
		o.Grant.Files = []all.FileGrant{{Path: "granted"}}
	}
	return o
}

// folder returns a folder that contains a granted one, from which links lead out.
func folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	granted := filepath.Join(dir, "granted")
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, "outside"), []byte(canary), 0o600),
		os.MkdirAll(filepath.Join(granted, "folder"), 0o700),
		os.WriteFile(filepath.Join(granted, "file"), make([]byte, 64<<10), 0o600),
		os.Symlink(filepath.Join(dir, "outside"), filepath.Join(granted, "link")),
		os.Symlink("..", filepath.Join(granted, "folder", "link")),
	)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// outcome is how one call ended.
type outcome struct {
	code, detail, value string
	text                string // everything that a host could print
}

// ask makes one call with the operation of the case.
func ask(ctx context.Context, p secret.Provider, c hostile.Case) outcome {
	ctx, logs := wasmhost.HoldLogs(ctx)
	defer func() {
		logs.Mask(ctx, time.Minute, masker(func(s string, _ func() bool) (string, bool) { return mask(s), true }))
		logs.Flush(ctx)
	}()
	value, err := "", error(nil)
	switch c.Given["op"] {
	case "", "get":
		var s secret.Secret
		if s, err = p.Get(ctx, "k"); err == nil {
			value, err = s.ExposeString()
		}
	case "set":
		var s secret.Secret
		if s, err = secret.FromString(canary); err == nil {
			err = p.Set(ctx, "k", s)
		}
	case "delete":
		err = p.Delete(ctx, "k")
	case "keys":
		var keys []secret.Key
		keys, err = p.Keys(ctx, c.Given["prefix"])
		value = strings.Trim(fmt.Sprint(keys), "[]")
	}
	o := outcome{code: "ok", value: value}
	if err != nil {
		o.code = string(secret.CodeOf(err))
		o.text = fmt.Sprintf("%v %+v %#v %s", err, err, err, err)
	}
	var e *secret.Error
	if errors.As(err, &e) {
		o.detail = e.Detail
	}
	return o
}

// newHealthy returns a provider that must keep working beside hostile ones.
func newHealthy(t testing.TB) *wasmhost.Provider {
	t.Helper()
	wasm, _ := modules.Bytes("env")
	p, err := wasmhost.Open(t.Context(), wasmhost.Options{
		Name: "healthy", Wasm: wasm, Grant: all.Grants{Env: []string{"*"}},
		Environ: func() []string { return []string{"HEALTHY=yes"} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func wantHealthy(t testing.TB, p *wasmhost.Provider) {
	t.Helper()
	s, err := p.Get(context.Background(), "HEALTHY")
	if err != nil {
		t.Fatalf("the healthy provider: %v", err)
	}
	if v, _ := s.ExposeString(); v != "yes" {
		t.Fatalf("the healthy provider answers %q", v)
	}
}

// TestZoo compares every hostile module with its row, and both engines with each
// other.
func TestZoo(t *testing.T) {
	t.Parallel()
	cases, err := hostile.Cases()
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 300 {
		t.Errorf("%d cases", len(cases))
	}
	healthy := newHealthy(t)
	for _, c := range cases {
		t.Run(c.Threat+" "+c.Name, func(t *testing.T) {
			t.Parallel()
			skipDeep(t, c)
			skipWords(t, c)
			compiler := meet(t, c, false)
			wantHealthy(t, healthy)
			if interpreter := meet(t, c, true); compiler != interpreter {
				t.Errorf("TM-030: the engines differ:\n%s\n%s", compiler, interpreter)
			}
			wantHealthy(t, healthy)
		})
	}
}

// skipDeep skips, with -short, modules that use up their stack: under the race
// detector each takes seconds.
func skipDeep(t *testing.T, c hostile.Case) {
	t.Helper()
	if testing.Short() && strings.HasSuffix(c.Detail, "stack overflow") {
		t.Skip("deep recursion is slow under a race detector")
	}
}

// skipWords skips, with -short, modules that say much: under the race detector, what one
// goroutine does to mask it takes most of the time.
func skipWords(t *testing.T, c hostile.Case) {
	t.Helper()
	if testing.Short() && strings.HasPrefix(c.Name, "words") {
		t.Skip("masking many words is slow under a race detector")
	}
}

// meet opens the case, calls it twice, compares it with its row and returns a
// transcript.
func meet(t *testing.T, c hostile.Case, interpreter bool) string {
	t.Helper()
	var log bytes.Buffer
	o := options(t, c, &log)
	o.Interpreter = interpreter
	p, err := wasmhost.Open(t.Context(), o)
	if c.Fate == "refused" {
		var e *secret.Error
		if err == nil || !errors.As(err, &e) {
			t.Fatalf("Open() = %v, want %s", err, c.Want)
		}
		seen := outcome{code: string(e.Code), detail: e.Detail, text: fmt.Sprintf("%v %+v %#v", err, err, err)}
		checkCase(t, c, seen, &log)
		return seen.text
	}
	if err != nil {
		t.Fatalf("Open() = %v, want nil", err)
	}
	defer p.Close()
	var transcript strings.Builder
	for range 2 {
		seen := ask(t.Context(), p, c)
		if idle := p.Idle(); (c.Fate == "kept") != (idle == 1) {
			t.Errorf("%d idle instances, want the instance %s", idle, c.Fate)
		}
		checkCase(t, c, seen, &log)
		if strings.Contains(seen.detail, "limits.call") { // where in the call the time was over is chance
			seen.detail, seen.text = "limits.call", ""
		}
		fmt.Fprintf(&transcript, "%+v\n%s", seen, log.String())
	}
	return strings.ReplaceAll(transcript.String(), cmp.Or(o.Dir, "?"), "DIR")
}

// checkCase compares an outcome with the row and checks everything that could be
// printed.
func checkCase(t *testing.T, c hostile.Case, seen outcome, log *bytes.Buffer) {
	t.Helper()
	if seen.code != c.Want {
		t.Errorf("%s %q, want %s", seen.code, seen.detail, c.Want)
	}
	if text := seen.detail; c.Want != "ok" && !strings.Contains(text, c.Detail) {
		t.Errorf("detail %q, want %q in it", text, c.Detail)
	}
	if c.Want == "ok" && c.Detail != "*" && seen.value != c.Detail {
		t.Errorf("answered %q, want %q", seen.value, c.Detail)
	}
	if strings.Contains(seen.text+log.String(), canary) {
		t.Errorf("the canary was printed:\n%s\n%s", seen.text, log)
	}
	if strings.ContainsAny(seen.text, "\n\r\x1b\x00") {
		t.Errorf("the error has control characters: %q", seen.text)
	}
	checkLog(t, log)
	log.Reset()
}

// checkLog wants JSON on every line, text of the guest quoted and cut, and at most
// one line of the host.
func checkLog(t *testing.T, log *bytes.Buffer) {
	t.Helper()
	guest, host := 0, 0
	for line := range bytes.Lines(log.Bytes()) {
		var entry struct{ Msg, Text string }
		if err := json.Unmarshal(line, &entry); err != nil {
			t.Errorf("the log line %q is not JSON: %v", line, err)
		}
		switch entry.Msg {
		case "guest log":
			guest++
			if text, err := strconv.Unquote(entry.Text); err != nil || len(text) > 512 {
				t.Errorf("a line of the guest has %d bytes, unquoting: %v", len(text), err)
			}
		case "forged":
			t.Errorf("a forged line: %s", line)
		default:
			host++
		}
	}
	if guest > 64 || host > 1 {
		t.Errorf("%d lines of the guest, %d of the host", guest, host)
	}
}
