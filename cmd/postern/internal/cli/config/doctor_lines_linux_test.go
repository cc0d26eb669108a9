package config

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
)

// world is what doctor looks at.
type world struct {
	dir     string
	environ []string
	flags   []string
	limits  func(context.Context, bool) (uint64, uint64, error)
}

// write writes a file of the world.
func (w *world) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// chmod changes the mode of a file of the world.
func (w *world) chmod(t *testing.T, name string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(filepath.Join(w.dir, name), mode); err != nil {
		t.Fatal(err)
	}
}

// newWorld returns a world in which every check is ok, with that folder for compiled
// code, or one of its own if it is "".
func newWorld(t *testing.T, cache string) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), limits: func(_ context.Context, large bool) (uint64, uint64, error) {
		if large {
			return 7 << 20, 8, nil
		}
		return 5 << 20, 6, nil
	}}
	w.write(t, "c.yaml", `providers:
  mem: { module: memory }
  f: { module: file, grant: { files: [{ path: s.env }] }, config: { path: s.env } }
chain: [mem, f]
policy: p.lua
`)
	w.write(t, "s.env", "A=1\n")
	w.write(t, "p.lua", `allow { "everyone", keys = "**", ops = "*" }`+"\n")
	if cache == "" {
		cache = filepath.Join(w.dir, "cache", "compiled")
	}
	w.flags = []string{"-c", filepath.Join(w.dir, "c.yaml"), "--compile-cache", cache}
	return w
}

// lines returns what doctor says, by check: the grade and the text of each line, with
// the folder of the world as DIR and this user as ME.
func (w *world) lines(t *testing.T) map[string][]string {
	t.Helper()
	var out, errs bytes.Buffer
	a := app.New(w.environ, strings.NewReader(""), &out, &errs)
	a.CompileLimits = w.limits
	root := &cli.Command{Name: "postern", Flags: app.GlobalFlags(), Commands: []*cli.Command{Doctor(a)}}
	err := root.Run(t.Context(), slices.Concat([]string{"postern"}, w.flags, []string{"doctor", "--json"}))
	var found []finding
	if broken := json.Unmarshal(out.Bytes(), &found); broken != nil {
		t.Fatalf("%v: %v: %s", broken, err, &errs)
	}
	real := strings.NewReplacer(w.dir, "DIR", "uid "+strconv.Itoa(os.Getuid()), "uid ME")
	lines := map[string][]string{}
	for _, f := range found {
		lines[f.Check] = append(lines[f.Check], real.Replace(f.Grade+" "+f.Text))
	}
	return lines
}

// Every line of doctor is about a fact: it changes with it, and no line is without one.
func TestDoctorLinesFollowTheFacts(t *testing.T) {
	t.Parallel()
	const closed = ": only root and this user can change it, going by owner, mode and access list, also of the folders above"
	rows := []struct {
		check, before, fact string
		change              func(*testing.T, *world)
		after               string
	}{
		{"config", "ok DIR/c.yaml was named by --config; settings come from --compile-cache", "the file is gone",
			func(t *testing.T, w *world) { w.flags[1] = filepath.Join(w.dir, "x.yaml") }, `fail `},
		{"config", "", "a variable names it",
			func(_ *testing.T, w *world) {
				w.environ, w.flags = []string{"POSTERN_CONFIG=" + w.flags[1]}, w.flags[2:]
			}, "ok DIR/c.yaml was named by POSTERN_CONFIG; "},
		{"chain", "ok mem, f (granted: DIR/s.env)", "the chain is another",
			func(_ *testing.T, w *world) { w.environ = []string{"POSTERN_CHAIN=f"} }, "ok f (granted: DIR/s.env), set by POSTERN_CHAIN"},
		{"variables", "", "one is misspelt",
			func(_ *testing.T, w *world) { w.environ = []string{"POSTERN_TIMEOT=1s"} }, "warn POSTERN_TIMEOT is not a setting"},
		{"owners", "ok DIR/p.lua (uid ME, mode 0600)" + closed, "others may write the policy",
			func(t *testing.T, w *world) { w.chmod(t, "p.lua", 0o602) }, "warn DIR/p.lua is not used: DIR/p.lua is writable by others (owner "},
		{"owners", "ok DIR/c.yaml (uid ME, mode 0600)" + closed, "others may read the configuration",
			func(t *testing.T, w *world) { w.chmod(t, "c.yaml", 0o604) }, "ok DIR/c.yaml (uid ME, mode 0604)" + closed},
		{"compiler", "ok a module was compiled in a process of its own, limited to 5 MiB of memory and 6 s of processor time (for a large one: 7 MiB of memory and 8 s of processor time)",
			"the system sets no limit", func(_ *testing.T, w *world) {
				w.limits = func(context.Context, bool) (uint64, uint64, error) { return math.MaxUint64, 10, nil }
			}, "warn the process that compiles module files has no limit of its memory or of its processor time"},
		{"compiler", "", "the system refuses", func(_ *testing.T, w *world) {
			w.limits = func(context.Context, bool) (uint64, uint64, error) { return 0, 0, errors.New("no room") }
		}, "warn module files cannot be compiled here: no room"},
		{"compiler", "", "there is no such process", func(_ *testing.T, w *world) { w.limits = nil }, "warn module files are compiled in the command itself"},
		{"cache", "ok DIR/cache/compiled was created, and can be written", "it exists",
			func(t *testing.T, w *world) { w.lines(t) }, "ok DIR/cache/compiled can be written"},
		{"cache", "", "a file is in its place",
			func(t *testing.T, w *world) { w.write(t, "cache/compiled", "") }, "warn DIR/cache/compiled is not a folder and is not used"},
		{"cache", "", "others may write it",
			func(t *testing.T, w *world) { w.lines(t); w.chmod(t, "cache/compiled", 0o702) }, "warn DIR/cache/compiled is not used: DIR/cache/compiled is writable by others"},
		{"cache", "", "nothing can be written there",
			func(_ *testing.T, w *world) { w.flags[3] = "/proc/self/task" }, "warn /proc/self/task "},
		{"cache", "", "it is off",
			func(_ *testing.T, w *world) { w.flags[3] = "off" }, "warn compile_cache is off, set by --compile-cache"},
		{"files", "ok DIR/s.env (mode 0600): its permissions give access to its owner alone", "the group may read it",
			func(t *testing.T, w *world) { w.chmod(t, "s.env", 0o640) }, "warn DIR/s.env (mode 0640) lets its group read it"},
		{"policy", "warn DIR/p.lua, 1 rule, revision ", "it has another rule",
			func(t *testing.T, w *world) {
				w.write(t, "p.lua", `allow { "a", callers = "a", keys = "**", ops = "read" }`+"\n"+`allow { "b", callers = "b", keys = "b/**", ops = "read" }`+"\n")
			}, "ok DIR/p.lua, 2 rules, revision "},
		{"policy", "", "it does not load", func(t *testing.T, w *world) { w.write(t, "p.lua", "allow {") }, "fail load_failed: "},
		{"modules", "ok 2 providers: ", "one more", func(t *testing.T, w *world) {
			w.write(t, "c.yaml", "providers: { mem: { module: memory } }\n")
		}, "ok 1 provider: "},
		{"modules", "", "one is not pinned", func(t *testing.T, w *world) {
			w.write(t, "bad.wasm", "\x00asm\x01\x00\x00\x00")
			w.write(t, "c.yaml", "providers: { mem: { module: ./bad.wasm } }\n")
		}, `fail open: provider "mem": load_failed: the lock has no pin`},
		{"provider f", "ok answers", "its file is broken", func(t *testing.T, w *world) { w.write(t, "s.env", "'") }, "fail "},
		{"provider f", "", "its file is gone",
			func(t *testing.T, w *world) { os.Remove(filepath.Join(w.dir, "s.env")) }, "ok does not apply here (not_configured)"},
		{"provider mem", "", "it is not in the chain",
			func(_ *testing.T, w *world) { w.environ = []string{"POSTERN_CHAIN=f"} }, "warn is not in the chain"},
	}
	known := map[string]bool{"go": true, "memory": true, "core files": true} // see TestDoctorLinesOfTheProgram
	for _, row := range rows {
		known[row.check] = true
	}
	shared := filepath.Join(t.TempDir(), "compiled") // compiling takes most of the time
	for _, row := range rows {
		t.Run(row.check+": "+row.fact, func(t *testing.T) {
			has := func(lines map[string][]string, want string) bool {
				return slices.ContainsFunc(lines[row.check], func(line string) bool { return strings.HasPrefix(line, want) })
			}
			cache := shared
			if row.check == "cache" {
				cache = ""
			}
			w := newWorld(t, cache)
			if row.before != "" {
				if lines := w.lines(t); !has(lines, row.before) || has(lines, row.after) {
					t.Errorf("before: %q, want %q", lines[row.check], row.before)
				}
				w = newWorld(t, cache)
			}
			row.change(t, w)
			lines := w.lines(t)
			if !has(lines, row.after) || row.before != "" && has(lines, row.before) {
				t.Errorf("after: %q, want %q", lines[row.check], row.after)
			}
			for check := range lines {
				if !known[check] {
					t.Errorf("the line %q has no row", check)
				}
			}
		})
	}
}

// The lines about the program itself change with what was measured.
func TestDoctorLinesOfTheProgram(t *testing.T) {
	t.Parallel()
	x := &examination{app: app.New(nil, nil, nil, nil)}
	x.toolchain("go1.99.0")
	x.toolchain("go1.20.1")
	if a, b := x.findings[0], x.findings[1]; a.Grade != "ok" || a.Text != "built with go1.99.0" || b.Grade != "warn" || !strings.Contains(b.Text, "go1.20.1") {
		t.Errorf("%+v", x.findings)
	}
	all := memoryFindings(runtime.MemoryStatus{Values: 1, Locked: 1}, "linux")
	none := memoryFindings(runtime.MemoryStatus{Values: 1, Unlocked: 1, Dumpable: 1}, "linux")
	for i := range all {
		if all[i].Check != none[i].Check || all[i].Grade != "ok" || none[i].Grade != "warn" {
			t.Errorf("%+v and %+v", all[i], none[i])
		}
	}
}

// Without a configuration no owner was looked at. Not parallel: it changes the folder of
// the process.
func TestDoctorWithoutTrustedFiles(t *testing.T) {
	w := newWorld(t, "")
	t.Chdir(t.TempDir())
	w.flags = w.flags[2:]
	if got := w.lines(t)["owners"]; !slices.Equal(got, []string{"ok no file of a configuration, its lock or its policy is in use"}) {
		t.Errorf("%q", got)
	}
}

// The check of the cache leaves nothing in it.
func TestDoctorLeavesNothingInTheCache(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.lines(t)
	left, err := filepath.Glob(filepath.Join(w.dir, "cache", "compiled", ".doctor*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the cache holds %q, %v", left, err)
	}
}
