//go:build unix

package wasmhost_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/hostile/generate"
)

var (
	programs    = flag.Int("programs", 1000, "how many generated modules to run")
	programSeed = flag.Uint64("program", 1, "the seed of the first generated module; each further one has the next seed")
)

const (
	callTime = 30 * time.Millisecond  // of a generated module
	lateTime = 100 * time.Millisecond // after which a call must have returned
	stopTime = 300 * time.Millisecond // after which a late call is canceled
	keptMiB  = 64                     // what the host keeps for one call
	slackMiB = 32                     // for what the collector has not freed yet
)

// ending is how one call of a generated module ended.
type ending struct {
	code, detail string
	counts       []uint32
	late         time.Duration // after the deadline
	lateCPU      time.Duration // what the process computed after the deadline
	canceled     bool          // the call was still running when it was canceled
	peak         int64         // MiB on the heap above what there was before
	log          string        // what is wrong with the log
}

// lasted reports whether the call was late. That a loaded machine gave it no
// processor does not count unless it lasts for seconds.
func (e ending) lasted() bool {
	return e.late > lateTime && (e.lateCPU > lateTime || e.late > 5*time.Second)
}

// world is what generated modules are given.
type world struct {
	dir     string
	environ []string
	imports []string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	granted := filepath.Join(w.dir, "granted")
	err := errors.Join(
		os.MkdirAll(filepath.Join(granted, "many"), 0o700),
		os.WriteFile(filepath.Join(w.dir, "outside"), []byte(canary), 0o600),
		w.restore(),
	)
	for i := range 100 {
		err = errors.Join(err, os.WriteFile(filepath.Join(granted, "many", fmt.Sprintf("file-%04d", i)), nil, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	w.environ = []string{"SMALL=1", "LARGE=" + strings.Repeat("0123456789", 10_000), "POINTED_FILE=granted/small"}
	for i := range 500 {
		w.environ = append(w.environ, fmt.Sprintf("V%02d=value %d of the environment", i, i))
	}
	for _, f := range generate.Imports() {
		w.imports = append(w.imports, f.Module+"."+f.Name)
	}
	return w
}

// restore writes the files that programs may have changed.
func (w *world) restore() error {
	granted := filepath.Join(w.dir, "granted")
	return errors.Join(
		os.WriteFile(filepath.Join(granted, "small"), []byte("value"), 0o600),
		os.WriteFile(filepath.Join(granted, "large"), bytes.Repeat([]byte("0123456789abcde\n"), 1<<16), 0o600),
	)
}

// open opens the module of a program and compiles it. The error is a refusal.
func (w *world) open(p *generate.Program, log *bytes.Buffer, interpreter bool) (*wasmhost.Provider, error) {
	host, err := wasmhost.Open(context.Background(), wasmhost.Options{
		Name: "generated", Wasm: p.Wasm(), Dir: w.dir, Fuel: p.Fuel, Interpreter: interpreter,
		Grant:   all.Grants{Env: []string{"*"}, Files: []all.FileGrant{{Path: "granted", Write: true}}},
		Environ: func() []string { return w.environ },
		Log:     slog.New(slog.NewJSONHandler(log, nil)),
		Limits:  wasmhost.Limits{Instances: 1, Call: callTime},
	})
	if err != nil {
		return nil, err
	}
	if err := host.Compile(context.Background()); err != nil {
		return nil, errors.Join(err, host.Close())
	}
	return host, nil
}

// call makes one call of a program and measures it.
func (w *world) call(host *wasmhost.Provider, p *generate.Program, log *bytes.Buffer) ending {
	log.Reset()
	ctx, cancel := context.WithCancel(context.Background())
	ctx, logs := wasmhost.HoldLogs(ctx)
	watch := startWatch(cancel)
	counts, err := w.ask(ctx, host, p)
	e := watch.end()
	logs.Mask(context.Background(), time.Minute, masker(func(s string, _ func() bool) (string, bool) { return s, true }))
	logs.Flush(ctx)
	e.counts, e.code, e.log = counts, "ok", wrongLog(log.Bytes())
	var failure *secret.Error
	if errors.As(err, &failure) {
		e.code, e.detail = string(failure.Code), failure.Detail
	} else if err != nil {
		e.code = err.Error()
	}
	return e
}

// ask makes the call, and returns how often each import succeeded, if it is known.
func (w *world) ask(ctx context.Context, host *wasmhost.Provider, p *generate.Program) ([]uint32, error) {
	counts := make([]uint32, len(w.imports))
	switch p.Op {
	case "set":
		value, err := secret.FromString("value")
		if err != nil {
			return nil, err
		}
		return nil, host.Set(ctx, "k", value)
	case "delete":
		return nil, host.Delete(ctx, "k")
	case "keys":
		keys, err := host.Keys(ctx, "")
		for _, key := range keys {
			if i, ok := generate.Listed(string(key)); ok {
				counts[i]++
			}
		}
		return counts, err
	}
	keys := []secret.Key{generate.ReportKey}
	for i := range p.Keys {
		keys = append(keys, secret.Key(generate.KeyName(i)))
	}
	results := host.GetMany(ctx, keys)
	if results[0].Err != nil {
		return nil, results[0].Err
	}
	report, err := results[0].Secret.ExposeString()
	if err != nil {
		return nil, err
	}
	counts, err = generate.Counts(report)
	return counts, err
}

// wrongLog returns what is wrong with the log of one call.
func wrongLog(log []byte) string {
	lines := 0
	for line := range bytes.Lines(log) {
		var entry struct{ Text string }
		if err := json.Unmarshal(line, &entry); err != nil {
			return fmt.Sprintf("the line %.100q is not JSON", line)
		}
		if len(entry.Text) > 4*512+2 {
			return fmt.Sprintf("a line of %d bytes", len(entry.Text))
		}
		lines++
	}
	if lines > 64+4 {
		return fmt.Sprintf("%d lines", lines)
	}
	return ""
}

// totals is what a run has seen.
type totals struct {
	programs, accepted, stopped int
	codes                       map[string]int
	refusals                    map[string]int
	succeeded                   []int
	found                       map[string]int
}

// TestTM001Generated runs generated modules under ceilings of time, memory and log.
// It is not parallel, because it measures the process.
func TestTM001Generated(t *testing.T) {
	if testing.Short() {
		t.Skip("a race detector changes what is measured")
	}
	w := newWorld(t)
	s := totals{codes: map[string]int{}, refusals: map[string]int{}, found: map[string]int{}, succeeded: make([]int, len(w.imports))}
	start, startMiB := time.Now(), int64(0)
	const batch = 16
	for first := 0; first < *programs; first += batch {
		w.batch(t, &s, *programSeed+uint64(first), min(batch, *programs-first))
		if first == 10*batch {
			startMiB = residentMiB()
		}
	}
	t.Logf("%d generated modules from seed %d in %v: %d%% pass preflight, %d%% of these run into their deadline or fuel",
		s.programs, *programSeed, time.Since(start).Round(time.Second), 100*s.accepted/s.programs, 100*s.stopped/max(1, s.accepted))
	t.Logf("codes %v, refusals %v", s.codes, s.refusals)
	var names []string
	for i, name := range w.imports {
		names = append(names, fmt.Sprintf("%s %d", strings.TrimPrefix(name, "wasi_snapshot_preview1."), s.succeeded[i]))
		if s.succeeded[i] == 0 && s.programs >= 1000 {
			t.Errorf("%s never succeeded", name)
		}
	}
	t.Logf("programs in which each import succeeded: %s", strings.Join(names, ", "))
	grown := max(0, residentMiB()-startMiB)
	t.Logf("found %v; the process grew by %d MiB", s.found, grown)
	if 2*s.accepted < s.programs || 5*s.stopped < s.accepted {
		t.Errorf("of %d programs %d pass preflight and %d run into their deadline or fuel; want a half and a fifth", s.programs, s.accepted, s.stopped)
	}
	if startMiB > 0 && grown > 128 {
		t.Errorf("the process grew by %d MiB", grown)
	}
}

// batch runs n programs and keeps them open, so that one collection shows whether one
// of them left something on the heap.
func (w *world) batch(t *testing.T, s *totals, seed uint64, n int) {
	t.Helper()
	if err := w.restore(); err != nil {
		t.Fatal(err)
	}
	before := live()
	var open []*generate.Program
	for i := range n {
		p := generate.New(seed + uint64(i))
		s.programs++
		var log bytes.Buffer
		host, err := w.open(p, &log, false)
		if err != nil {
			s.refusals[refusal(err)]++
			continue
		}
		defer host.Close()
		s.accepted++
		open = append(open, p)
		e := w.call(host, p, &log)
		s.add(w, e)
		for _, f := range suspect(e) {
			w.report(t, s, p, f.kind)
		}
	}
	if live()-before < 6<<20 {
		return
	}
	for _, p := range open {
		w.report(t, s, p, "leak")
	}
}

// report judges a suspected program, and fails the test if the finding is confirmed.
func (w *world) report(t *testing.T, s *totals, p *generate.Program, kind string) {
	t.Helper()
	f, ok := w.judge(p, kind)
	if !ok {
		return
	}
	s.found[kind]++
	if s.found[kind] > 3 {
		t.Errorf("program %d: %s: %s", p.Seed, f.kind, f.text)
		return
	}
	q, f := w.smallest(p, f)
	t.Errorf("program %d: %s: %s\n%sthe module in hexadecimal: %s", p.Seed, f.kind, f.text, q, hex.EncodeToString(q.Wasm()))
}

func (s *totals) add(w *world, e ending) {
	s.codes[e.code]++
	if e.code == string(secret.ErrTimeout) || e.canceled {
		s.stopped++
	}
	for i, n := range e.counts {
		if n > 0 {
			s.succeeded[i]++
		}
	}
	if strings.Contains(e.detail, "exited with code") {
		s.succeeded[slices.Index(w.imports, "wasi_snapshot_preview1.proc_exit")]++
	}
}

// number is a part of the text of refusals.
var number = regexp.MustCompile(`[0-9]+`)

func refusal(err error) string {
	var e *secret.Error
	if errors.As(err, &e) {
		return cmp.Or(number.ReplaceAllString(e.Detail, "N"), string(e.Code))
	}
	return err.Error()
}
