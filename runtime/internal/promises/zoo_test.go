package promises_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/hostile"
)

// canary is in every place that a module must not reach: the environment, a file
// beside the granted folder, another provider.
const canary = "canary-51f0c9d2-8d1b-4a77-9f43-0c6e2b7d4"

// zoo returns the hostile modules. With -short it leaves out those that use up their
// stack, because under the race detector each takes seconds.
func zoo(t *testing.T) []hostile.Case {
	t.Helper()
	cases, err := hostile.Cases()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(cases, func(c hostile.Case) bool {
		return testing.Short() && strings.HasSuffix(c.Detail, "stack overflow")
	})
}

// options returns the options of a case, without a secret in them.
func options(t *testing.T, c hostile.Case, dir string, log *slog.Logger) wasmhost.Options {
	t.Helper()
	wasm, err := c.Wasm()
	if err != nil {
		t.Fatal(err)
	}
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(cmp.Or(c.Given[name], "0"), 10, 64)
		return n
	}
	o := wasmhost.Options{
		Name: "hostile", Wasm: wasm, Dir: dir, Fuel: number("fuel"), Log: log,
		Config:  map[string]string{"token": "a token of forty characters, no secret!!"},
		Environ: func() []string { return []string{"GRANTED=1", "SECRET=" + canary} },
		Limits:  wasmhost.Limits{Value: number("value"), KV: number("kv"), MemoryPages: uint32(number("pages")), Instances: 2},
	}
	switch c.Given["grant"] {
	case "env":
		o.Grant.Env = []string{"GRANTED"}
	case "files":
		o.Grant.Files = []all.FileGrant{{Path: "granted"}}
	}
	return o
}

// folder returns a folder that contains a granted one, from which links lead out.
func folder(t *testing.T) string {
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

// ask makes one call and returns the code and all text of the result.
func ask(ctx context.Context, p *wasmhost.Provider, c hostile.Case) (code secret.Code, text string) {
	var err error
	switch c.Given["op"] {
	case "", "get":
		var s secret.Secret
		if s, err = p.Get(ctx, "k"); err == nil {
			text, err = s.ExposeString()
			text += s.Version()
		}
	case "set":
		var s secret.Secret
		if s, err = secret.FromString("a value"); err == nil {
			err = p.Set(ctx, "k", s)
		}
	case "delete":
		err = p.Delete(ctx, "k")
	case "keys":
		var keys []secret.Key
		keys, err = p.Keys(ctx, c.Given["prefix"])
		text = fmt.Sprint(keys)
	}
	var e *secret.Error
	if errors.As(err, &e) {
		return e.Code, text + e.Error() + e.GuestText()
	}
	return "ok", text
}

// neighbour returns another provider of the same process, which returns the canary
// and must keep working.
func neighbour(t *testing.T) *wasmhost.Provider {
	t.Helper()
	wasm, _ := modules.Bytes("env")
	p, err := wasmhost.Open(t.Context(), wasmhost.Options{
		Name: "healthy", Wasm: wasm, Grant: all.Grants{Env: []string{"*"}},
		Environ: func() []string { return []string{"SECRET=" + canary} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func healthy(ctx context.Context, p *wasmhost.Provider) error {
	s, err := p.Get(ctx, "SECRET")
	if err != nil {
		return err
	}
	if v, err := s.ExposeString(); v != canary {
		return fmt.Errorf("it returned %d bytes, %w", len(v), err)
	}
	return nil
}

// output collects a log that several providers write to.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// TestP4Escapes lets every hostile module look for what it was not granted. No
// module that imports more may load, and the canary must not appear anywhere.
func TestP4Escapes(t *testing.T) {
	t.Parallel()
	dir, next := folder(t), neighbour(t)
	tried, escaped, refused := 0, []string{}, 0
	for _, c := range zoo(t) {
		if err := healthy(t.Context(), next); err != nil { // brings the canary into the process
			t.Fatalf("the healthy provider: %v", err)
		}
		tried++
		var log output
		o := options(t, c, dir, slog.New(slog.NewTextHandler(&log, nil)))
		o.Fuel, o.Limits.Call = cmp.Or(o.Fuel, 1<<20), 2*time.Second
		p, err := wasmhost.Open(t.Context(), o)
		if err != nil {
			refused++
			if c.Fate != "refused" || strings.Contains(fmt.Sprintf("%+v %#v", err, err), canary) {
				escaped = append(escaped, c.Name)
			}
			continue
		}
		ctx, cancel := t.Context(), context.CancelFunc(func() {})
		if c.Given["call"] != "" {
			ctx, cancel = context.WithTimeout(ctx, 5*time.Millisecond)
		}
		code, text := ask(ctx, p, c)
		cancel()
		probe := strings.HasPrefix(c.Name, "probe_") && code != "ok" // it traps if it finds something
		if c.Fate == "refused" || probe || strings.Contains(text+log.String(), canary) {
			escaped = append(escaped, c.Name)
		}
		p.Close()
	}
	if len(escaped) > 0 || tried < 80 {
		t.Errorf("%d of %d escape: %q", len(escaped), tried, escaped)
	}
	figure("P4", "escapes: %d of %d modules, %d of them refused at load", len(escaped), tried, refused)
}
