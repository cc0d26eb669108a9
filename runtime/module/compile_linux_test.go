package module_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/codecache"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/testdata/hostile"
)

// limits are those of the children of this test by the names that they are started
// with.
var limits = map[string]struct {
	memory uint64
	cpu    time.Duration
}{
	"child":  {module.ChildMemory, module.ChildTime},
	"poor":   {128 << 20, module.ChildTime},
	"slow":   {module.ChildMemory, time.Second},
	"report": {},
}

func TestMain(m *testing.M) {
	l, isChild := limits[os.Args[0]]
	if !isChild {
		os.Exit(m.Run())
	}
	if os.Args[0] == "report" {
		reportLimits()
	}
	cache := os.NewFile(3, "cache")
	if _, err := cache.Stat(); err != nil {
		cache = nil
	}
	err := module.CompileWithin(context.Background(), os.Stdin, cache, l.memory, l.cpu)
	if errors.Is(err, &module.Error{Reason: module.Malformed}) {
		os.Exit(65)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(70)
	}
	os.Exit(0)
}

// reportLimits prints the limits that CompileChild leaves.
func reportLimits() {
	err := module.CompileChild(context.Background(), os.Stdin, nil, false)
	for _, resource := range []int{syscall.RLIMIT_CORE, syscall.RLIMIT_DATA, syscall.RLIMIT_CPU} {
		var l syscall.Rlimit
		_ = syscall.Getrlimit(resource, &l)
		fmt.Print(l.Cur, " ", l.Max, " ")
	}
	fmt.Print(err)
	os.Exit(0)
}

// child runs CompileChild in a process with that name.
func child(t *testing.T, name string, wasm []byte, cache *os.File) (*os.ProcessState, string) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command("/proc/self/exe")
	cmd.Args, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = []string{name}, []string{}, bytes.NewReader(wasm), &out, &out
	if cache != nil {
		cmd.ExtraFiles = []*os.File{cache}
	}
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState, out.String()
}

func careless(t *testing.T) []byte {
	t.Helper()
	b, err := hostile.Case{Name: "careless"}.Wasm()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// straight returns a module whose only function has that many additions.
func straight(n int) []byte {
	body := append([]byte{0}, bytes.Repeat([]byte("\x41\x01\x41\x02\x6a\x1a"), n)...) // i32.const, i32.const, i32.add, drop
	body = append(body, 0x0b)
	code := append(binary.AppendUvarint([]byte{1}, uint64(len(body))), body...)
	out := append([]byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x0a"), binary.AppendUvarint(nil, uint64(len(code)))...)
	return append(out, code...)
}

// folder returns an open folder for a cache, and a cache in it.
func folder(t *testing.T) (*os.File, *codecache.Cache) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "cache")
	c, err := codecache.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.Folder(), c
}

// The code that the child leaves is what the parent loads, without compiling.
func TestTM006ChildFillsTheCache(t *testing.T) {
	t.Parallel()
	wasm := careless(t)
	dir, cache := folder(t)
	if ended, out := child(t, "child", wasm, dir); !ended.Success() {
		t.Fatalf("the child ended with %s: %s", ended, out)
	}
	entry, err := cache.Entry(t.Context(), wasm)
	if err != nil || !entry.Filled() {
		t.Fatalf("Entry = %v, filled %v", err, entry.Filled())
	}
	defer entry.Release()
	r := entry.NewRuntime(false)
	defer r.Close(t.Context())
	if _, err := entry.Load(r, wasm); err != nil {
		t.Errorf("Load = %v", err)
	}
}

// Without a folder, and with one that cannot be used, the child shows that the module
// can be compiled.
func TestTM006ChildWithoutCache(t *testing.T) {
	t.Parallel()
	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	others, err := os.Open(open)
	if err != nil {
		t.Fatal(err)
	}
	defer others.Close()
	removed, err := os.MkdirTemp("", "cache")
	if err != nil {
		t.Fatal(err)
	}
	gone, err := os.Open(removed)
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	if err := os.Remove(removed); err != nil {
		t.Fatal(err)
	}
	for name, cache := range map[string]*os.File{"none": nil, "others may write": others, "removed": gone} {
		if ended, out := child(t, "child", careless(t), cache); !ended.Success() {
			t.Errorf("%s: the child ended with %s: %s", name, ended, out)
		}
		for _, wasm := range [][]byte{nil, []byte("no module"), careless(t)[:500]} {
			if ended, out := child(t, "child", wasm, cache); ended.ExitCode() != 65 {
				t.Errorf("%s, %d bytes: the child ended with %s: %s", name, len(wasm), ended, out)
			}
		}
	}
	if left, err := os.ReadDir(open); err != nil || len(left) > 0 {
		t.Errorf("the folder that others may write holds %v, %v", left, err)
	}
}

// A child that exceeds its memory or its time ends without success, and leaves
// nothing that a cache would believe.
func TestTM006ChildIsLimited(t *testing.T) {
	t.Parallel()
	for name, wasm := range map[string][]byte{"poor": straight(200_000), "slow": straight(1_500_000)} {
		dir, cache := folder(t)
		ended, out := child(t, name, wasm, dir)
		if ended.Success() || ended.ExitCode() == 65 {
			t.Errorf("%s: the child ended with %s: %s", name, ended, out)
		}
		if status := ended.Sys().(syscall.WaitStatus); name == "slow" && status.Signal() != syscall.SIGKILL {
			t.Errorf("%s: the child ended with %s: %.300s", name, ended, out)
		}
		if name == "poor" && !strings.Contains(out, "out of memory") && !strings.Contains(out, "cannot allocate memory") {
			t.Errorf("%s: the child ended with %s: %.300s", name, ended, out)
		}
		entry, err := cache.Entry(t.Context(), wasm)
		if err != nil || entry.Filled() {
			t.Errorf("%s: Entry = %v, filled %v", name, err, entry.Filled())
		}
		entry.Release()
		var files []string
		_ = filepath.WalkDir(dir.Name(), func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				files = append(files, path)
			}
			return err
		})
		if len(files) > 0 {
			t.Errorf("%s: left %s", name, files)
		}
	}
}

// The limits are set before a byte is read, and are never raised.
func TestTM006ChildLimitsItself(t *testing.T) {
	t.Parallel()
	ended, out := child(t, "report", nil, nil)
	if want := "0 0 1073741824 1073741824 10 10 module: malformed: not valid WebAssembly"; !ended.Success() || out != want {
		t.Errorf("the child ended with %s and printed %q, want %q", ended, out, want)
	}
}
