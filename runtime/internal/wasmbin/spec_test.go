package wasmbin_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/testdata/sample"
)

// specFolder is the folder of the WebAssembly spec tests in the engine's module.
func specFolder(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "internal", "integration_test", "spectest")
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files for %q: %v", pattern, err)
	}
	return files
}

// TestSpecModules meters every module of the spec tests, valid or not. If the engine
// accepts a module, it must parse and be accepted once metered; if the engine refuses
// it, metering must not make it acceptable.
func TestSpecModules(t *testing.T) {
	t.Parallel()
	folder := specFolder(t)
	all := append(glob(t, filepath.Join(folder, "v1/testdata/*.wasm")), glob(t, filepath.Join(folder, "v2/testdata/*.wasm"))...)
	files := slices.Collect(sample.From(t, all))
	ctx := t.Context()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithDebugInfoEnabled(false))
	defer r.Close(ctx)
	valid := func(b []byte) error {
		c, err := r.CompileModule(ctx, b)
		if err == nil {
			err = c.Close(ctx)
		}
		return err
	}
	counts := map[string]int{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		plain := valid(b)
		out, err := meter(b)
		switch {
		case err != nil && plain != nil:
			counts["refused by both"]++
		case err != nil && reason(t, err) == wasmbin.UnrestorableState:
			counts["with a global that cannot be restored"]++
		case err != nil && strings.Contains(err.Error(), "ref.func"):
			counts["with ref.func in code"]++
		case err != nil:
			t.Errorf("%s: the engine accepts it, but Meter returns %v", name, err)
		case plain == nil:
			counts["metered"]++
			if err := valid(out.Bytes); err != nil {
				t.Errorf("%s: the engine refuses it once metered: %v", name, err)
			}
		case valid(out.Bytes) == nil:
			if !strings.Contains(plain.Error(), "custom") {
				t.Errorf("%s: the engine accepts it only once metered, before: %v", name, plain)
			}
		default:
			counts["left to the engine to refuse"]++
		}
	}
	t.Logf("%d modules: %v", len(files), counts)
	if floor := len(files) / 4; counts["metered"] < floor {
		t.Errorf("only %d of %d modules were metered", counts["metered"], len(files))
	}
}

func meter(b []byte) (*wasmbin.Metered, error) {
	m, err := wasmbin.Parse(b)
	if err != nil {
		return nil, err
	}
	return wasmbin.Meter(m, 1<<16)
}

// TestSpecDifferential runs the scripts of the spec tests on every module, with and
// without metering, and compares every result and every trap.
func TestSpecDifferential(t *testing.T) {
	t.Parallel()
	folder := specFolder(t)
	scripts := append(glob(t, filepath.Join(folder, "v1/testdata/*.json")), glob(t, filepath.Join(folder, "v2/testdata/*.json"))...)
	host, err := os.ReadFile(filepath.Join(folder, "testdata/spectest.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	var total tally
	t.Run("scripts", func(t *testing.T) {
		for script := range sample.From(t, scripts) {
			rel, _ := filepath.Rel(folder, script)
			t.Run(rel, func(t *testing.T) {
				t.Parallel()
				total.add(runScript(t, script, host))
			})
		}
	})
	t.Logf("compared %d calls (%d traps); ticks %d; left out %v", total.calls, total.traps, total.ticks, total.skipped)
	floor := 60_000
	if !sample.Long() {
		floor = 100 // most calls are in few of the scripts
	}
	if total.calls < floor {
		t.Errorf("compared %d calls, want at least %d", total.calls, floor)
	}
}

// tally counts what a script compared, and what it skipped by reason.
type tally struct {
	mu                  sync.Mutex
	calls, traps, ticks int
	skipped             map[string]int
}

func (c *tally) skip(why string) {
	if c.skipped == nil {
		c.skipped = map[string]int{}
	}
	c.skipped[why]++
}

func (c *tally) add(d *tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls, c.traps, c.ticks = c.calls+d.calls, c.traps+d.traps, c.ticks+d.ticks
	for why, n := range d.skipped {
		if c.skipped == nil {
			c.skipped = map[string]int{}
		}
		c.skipped[why] += n
	}
}

// specCommand is one line of a script.
type specCommand struct {
	Type     string `json:"type"`
	Line     int    `json:"line"`
	Name     string `json:"name"`
	As       string `json:"as"`
	Filename string `json:"filename"`
	Action   struct {
		Type   string      `json:"type"`
		Field  string      `json:"field"`
		Module string      `json:"module"`
		Args   []specValue `json:"args"`
	} `json:"action"`
}

type specValue struct {
	Type  string          `json:"type"`
	Lanes string          `json:"lane_type"`
	Value json.RawMessage `json:"value"`
}

// bits returns the value in the encoding of the engine.
func (v specValue) bits(t *testing.T) []uint64 {
	t.Helper()
	if v.Type != "v128" {
		var s string
		if err := json.Unmarshal(v.Value, &s); err != nil {
			t.Fatal(err)
		}
		return []uint64{number(t, s, v.Type)}
	}
	var lanes []string
	if err := json.Unmarshal(v.Value, &lanes); err != nil {
		t.Fatal(err)
	}
	out := make([]uint64, 2)
	width := 128 / len(lanes)
	for i, s := range lanes {
		at := i * width
		out[at/64] |= (number(t, s, v.Lanes) & (1<<width - 1)) << (at % 64)
	}
	return out
}

func number(t *testing.T, s, typ string) uint64 {
	t.Helper()
	switch {
	case s == "null":
		return 0
	case s == "nan:canonical" || s == "nan:arithmetic":
		if strings.HasSuffix(typ, "32") {
			return 0x7fc00000
		}
		return 0x7ff8000000000000
	case strings.HasPrefix(s, "-"):
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(typ, "32") {
			return uint64(uint32(n))
		}
		return uint64(n)
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if typ == "externref" {
		n++ // the engine takes zero for null
	}
	return n
}

// world is a runtime with its modules, one of the two that are compared.
type world struct {
	wazero.Runtime
	named  map[string]api.Module
	latest api.Module
}

func newWorld(t *testing.T, host []byte) *world {
	t.Helper()
	w := &world{
		Runtime: wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigCompiler().WithDebugInfoEnabled(false)),
		named:   map[string]api.Module{},
	}
	if _, err := w.InstantiateWithConfig(t.Context(), host, wazero.NewModuleConfig().WithName("spectest")); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) instantiate(t *testing.T, b []byte, name, as string) error {
	if old := w.Module(as); old != nil {
		old.Close(t.Context())
	}
	m, err := w.InstantiateWithConfig(t.Context(), b, wazero.NewModuleConfig().WithName(as).WithStartFunctions())
	w.latest = m
	if name != "" {
		w.named[name] = m
	}
	return err
}

func (w *world) module(name string) api.Module {
	if name == "" {
		return w.latest
	}
	return w.named[name]
}

// runScript runs one script in both worlds.
func runScript(t *testing.T, script string, host []byte) *tally {
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Commands []specCommand `json:"commands"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	count := &tally{}
	plain, other := newWorld(t, host), newWorld(t, host)
	defer plain.Close(t.Context())
	defer other.Close(t.Context())
	tickHost(t, other, func(int64) int64 { count.ticks++; return 1000 })
	usable := true
	for i, c := range file.Commands {
		switch c.Type {
		case "module", "assert_uninstantiable":
			b, err := os.ReadFile(filepath.Join(filepath.Dir(script), c.Filename))
			if err != nil {
				t.Fatal(err)
			}
			usable = load(t, c, registeredAs(file.Commands, i), b, plain, other, count)
		case "assert_return", "assert_trap", "assert_exhaustion", "action":
			compare(t, c, usable, plain, other, count)
		}
	}
	return count
}

// registeredAs looks ahead for the name under which others will import the module,
// because the engine needs it when the module is instantiated.
func registeredAs(commands []specCommand, i int) string {
	for _, c := range commands[i+1:] {
		switch {
		case c.Type == "register" && (c.Name == commands[i].Name || c.Name == ""):
			return c.As
		case c.Type == "module":
			return ""
		}
	}
	return ""
}

func load(t *testing.T, c specCommand, as string, b []byte, plain, other *world, count *tally) bool {
	t.Helper()
	out, err := meter(b)
	if err != nil {
		count.skip("module refused: " + string(reason(t, err)))
		return false
	}
	want := plain.instantiate(t, b, c.Name, as)
	got := other.instantiate(t, out.Bytes, c.Name, as)
	if firstLine(want) != firstLine(got) {
		t.Errorf("line %d: instantiate = %v, want %v", c.Line, got, want)
	}
	if want != nil && c.Type == "module" {
		count.skip("module not linked")
		return false
	}
	return want == nil
}

func compare(t *testing.T, c specCommand, usable bool, plain, other *world, count *tally) {
	t.Helper()
	p, o := plain.module(c.Action.Module), other.module(c.Action.Module)
	switch {
	case c.Action.Type != "invoke":
		count.skip("reads a global")
		return
	case p == nil || o == nil || c.Action.Module == "" && !usable:
		count.skip("call of a module left out")
		return
	}
	var args []uint64
	for _, a := range c.Action.Args {
		args = append(args, a.bits(t)...)
	}
	f, g := p.ExportedFunction(c.Action.Field), o.ExportedFunction(c.Action.Field)
	if f == nil || g == nil {
		t.Fatalf("line %d: no export %q", c.Line, c.Action.Field)
	}
	want, wantErr := f.Call(t.Context(), args...)
	got, gotErr := g.Call(t.Context(), args...)
	count.calls++
	if wantErr != nil {
		count.traps++
	}
	if firstLine(wantErr) != firstLine(gotErr) {
		t.Errorf("line %d: %s = %v, want %v", c.Line, c.Action.Field, gotErr, wantErr)
		return
	}
	for i, typ := range f.Definition().ResultTypes() {
		if typ == 0x70 && i < len(want) { // a function reference is an address
			want[i], got[i] = min(want[i], 1), min(got[i], 1)
		}
	}
	if len(want) != len(got) {
		t.Fatalf("line %d: %d results, want %d", c.Line, len(got), len(want))
	}
	for i := range want {
		if want[i] != got[i] {
			t.Errorf("line %d: %s = %x, want %x", c.Line, c.Action.Field, got, want)
		}
	}
}

var startIndex = regexp.MustCompile(`start function\[\d+\]`)

// firstLine returns an error without its trace, in which the indexes differ.
func firstLine(err error) string {
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return startIndex.ReplaceAllString(line, "start function")
}
