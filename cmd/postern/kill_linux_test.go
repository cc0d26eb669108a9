//go:build amd64 || arm64

package main_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/testdata/sample"
)

// everyCall makes TestKilledWrites kill at every system call, not only at those that
// change files, and try every format. The area "kills" of the long tier sets it.
var everyCall = flag.Bool("every-call", false, "kill writes at every system call")

// killedWrite is a command that is killed in the middle of its work.
type killedWrite struct {
	name  string
	args  []string
	stdin string
	files map[string]string // what the folder holds before
	mode  map[string]fs.FileMode
	file  string // what is written
	next  []string
}

// provider returns a configuration with one provider that may write path.
func provider(path, format string) string {
	return fmt.Sprintf("providers: { p: { module: file, grant: { files: [{ path: %q, write: true }] }, config: { path: %q, format: %q } } }\n", path, path, format)
}

func killedWrites(t *testing.T) []killedWrite {
	t.Helper()
	var all []killedWrite
	texts := map[string]string{"dotenv": "A=old\nB=other\n"}
	if *everyCall {
		texts["json"] = `{"A": "old", "B": "other"}`
		texts["toml"] = "A = 'old'\nB = 'other'\n"
		texts["yaml"] = "A: old\nB: other\n"
	}
	for format, text := range texts {
		files := map[string]string{"c.yaml": provider("data/s", format), "data/s": text}
		all = append(all,
			killedWrite{"set " + format, []string{"set", "A"}, "new", files, map[string]fs.FileMode{"data/s": 0o640}, "data/s", []string{"get", "B"}},
			killedWrite{"delete " + format, []string{"delete", "A"}, "", files, map[string]fs.FileMode{"data/s": 0o644}, "data/s", []string{"get", "B"}},
		)
	}
	folder := map[string]string{"c.yaml": provider("data", "dir"), "data/A": "old", "data/B": "other"}
	for name, c := range map[string]struct {
		args []string
		old  string
	}{
		"inject":          {[]string{"inject", "-i", "in", "-o", "out"}, "old"},
		"inject in place": {[]string{"inject", "-i", "out", "--in-place"}, "x {{ postern://A }}"},
		"export":          {[]string{"export", "-f", "dotenv", "-o", "out"}, "old"},
		"redact in place": {[]string{"redact", "-i", "out", "--in-place"}, "x v4lue-to-mask"},
	} {
		files := map[string]string{"c.yaml": provider("data/s", "dotenv"), "data/s": "A=v4lue-to-mask\n", "in": "x {{ postern://A }}", "out": c.old}
		all = append(all, killedWrite{name, c.args, "", files, map[string]fs.FileMode{"out": 0o640}, "out", c.args})
	}
	module, err := os.ReadFile("../../testdata/script/modules/hello.wasm")
	if err != nil {
		t.Fatal(err)
	}
	foreign := map[string]string{"postern.yaml": "providers: { m: { module: ./m.wasm } }\n", "m.wasm": string(module), ".state/postern/trusted": ""}
	return append(all,
		killedWrite{"set folder", []string{"set", "A"}, "new", folder, nil, "data/A", []string{"get", "B"}},
		killedWrite{"set a new file", []string{"set", "N"}, "new", folder, nil, "data/N", []string{"get", "B"}},
		killedWrite{"delete folder", []string{"delete", "A"}, "", folder, nil, "data/A", []string{"get", "B"}},
		killedWrite{"trust", []string{"trust"}, "", foreign, nil, ".state/postern/trusted", []string{"trust"}},
		killedWrite{"module lock", []string{"module", "lock"}, "", foreign, nil, "postern.lock", []string{"module", "lock"}},
	)
}

// TestKilledWrites kills commands that write files at their system calls:
// the file is the old or the new one, no permission is wider than the old file's, and
// the next use of the folder leaves nothing behind.
func TestKilledWrites(t *testing.T) {
	t.Parallel()
	postern, err := exec.LookPath("postern")
	if err != nil {
		t.Fatal(err)
	}
	cache := compiled(t)
	for _, w := range killedWrites(t) {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			whole := w.lay(t, cache)
			old := whole.content(w.file)
			status, calls := whole.trace(postern, w.args, w.stdin, 0)
			if status != 0 {
				t.Fatalf("exit status %d: %s", status, whole.output())
			}
			want := []string{old, whole.content(w.file)}
			if want[0] == want[1] {
				t.Fatalf("the command changed nothing in %s", w.file)
			}
			if calls < 3 {
				t.Errorf("only %d system calls that count", calls)
			}
			kills := 0
			for i := range moments(t, calls) {
				at := i + 1
				f := w.lay(t, cache)
				if status, _ := f.trace(postern, w.args, w.stdin, at); status >= 0 {
					if everywhere() {
						break // it ended before
					}
					continue
				}
				kills++
				f.check(t, at, w, want)
				if err := f.next(postern, w.next); err != nil {
					t.Fatalf("killed at %d: the next use: %v: %s", at, err, f.output())
				}
				if left, want := f.names(), slices.Sorted(maps.Keys(f.before)); !slices.Equal(left, want) && !slices.Equal(left, whole.names()) {
					t.Errorf("killed at %d: after the next use there are %q, want %q", at, left, want)
				}
				f.remove(t)
			}
			t.Logf("%d kills", kills)
			if kills < 3 && everywhere() {
				t.Errorf("only %d kills", kills)
			}
		})
	}
}

// everywhere reports whether the command is killed at each system call that counts.
func everywhere() bool { return *everyCall || sample.Long() }

// moments yields the system calls at which the command is killed, from 0: all, as long as
// there are some, if it is killed everywhere, and otherwise a tenth of those that it made
// when it was not killed.
func moments(t *testing.T, calls int) iter.Seq[int] {
	t.Helper()
	if everywhere() {
		return func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		}
	}
	return sample.Of(t, calls)
}

// killFolder is the folder of one run.
type killFolder struct {
	dir    string
	cache  string
	before map[string]fs.FileMode
}

func (w killedWrite) lay(t *testing.T, cache string) *killFolder {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range w.files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		if mode, ok := w.mode[name]; ok {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	f := &killFolder{dir: dir, cache: cache}
	f.before = f.modes()
	return f
}

func (f *killFolder) modes() map[string]fs.FileMode {
	modes := map[string]fs.FileMode{}
	_ = filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "output" {
			info, err := d.Info()
			if err != nil {
				return err
			}
			name, _ := filepath.Rel(f.dir, path)
			modes[name] = info.Mode()
		}
		return nil
	})
	return modes
}

func (f *killFolder) names() []string { return slices.Sorted(maps.Keys(f.modes())) }

// content returns what a file holds, "(none)" if it is not there.
func (f *killFolder) content(name string) string {
	b, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		return "(none)"
	}
	// The digest of a trusted configuration depends on its folder.
	if digest, rest, ok := strings.Cut(string(b), " "); ok && strings.Contains(rest, f.dir) {
		return strings.Repeat("x", len(digest)) + " " + strings.ReplaceAll(rest, f.dir, "")
	}
	return string(b)
}

func (f *killFolder) output() string {
	b, _ := os.ReadFile(filepath.Join(f.dir, "output"))
	return string(b)
}

func (f *killFolder) env() []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + f.dir, "XDG_CACHE_HOME=" + f.cache, "XDG_STATE_HOME=" + filepath.Join(f.dir, ".state"), "GOMAXPROCS=1"}
	if _, ok := f.before["c.yaml"]; ok {
		env = append(env, "POSTERN_CONFIG=c.yaml")
	}
	return env
}

// check looks at the folder after a kill.
func (f *killFolder) check(t *testing.T, at int, w killedWrite, want []string) {
	t.Helper()
	if got := f.content(w.file); !slices.Contains(want, got) {
		t.Errorf("killed at %d: %s holds %q, want one of %q", at, w.file, got, want)
	}
	for name, mode := range f.modes() {
		old, known := f.before[name]
		if !known {
			old = f.before[w.file] | 0o600
		}
		if mode.Perm()&^old.Perm() != 0 && (known || !strings.Contains(name, "postern.lock") /* holds no secret */) {
			t.Errorf("killed at %d: %s has mode %v, before it was %v", at, name, mode, old)
		}
	}
}

// next runs the command that uses the folder next.
func (f *killFolder) next(postern string, args []string) error {
	cmd := exec.Command(postern, args...)
	cmd.Dir, cmd.Env = f.dir, f.env()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func (f *killFolder) remove(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(f.dir); err != nil {
		t.Fatal(err)
	}
}
