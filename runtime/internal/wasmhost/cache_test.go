//go:build unix

package wasmhost_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

func openCache(t testing.TB, dir string) *wasmhost.Cache {
	t.Helper()
	c, err := wasmhost.OpenCache(dir)
	if err != nil {
		t.Fatalf("OpenCache(%q) = %v", dir, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// useCache runs the guest with a cache of its own over dir, as the next process
// would, and wants the right answer and a quiet log.
func useCache(t testing.TB, dir string, wasm []byte) {
	t.Helper()
	var log bytes.Buffer
	o := envOptions(wasm, func() []string { return []string{"K=v"} })
	o.Cache, o.Log = openCache(t, dir), slog.New(slog.NewTextHandler(&log, nil))
	if got := value(t, open(t, o), "K"); got != "v" {
		t.Errorf("Get() = %q", got)
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", log.String())
	}
}

// entries returns the files of machine code in dir.
func entries(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && filepath.Base(path) != "sums" {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTM064ForeignFoldersAreRefused(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(dir string) error{
		"symbolic link": func(dir string) error {
			return os.Symlink(t.TempDir(), dir)
		},
		"a file":          func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"group may write": func(dir string) error { return makeMode(dir, 0o770) },
		"world may write": func(dir string) error { return makeMode(dir, 0o707) },
		"sticky":          func(dir string) error { return makeMode(dir, 0o777|fs.ModeSticky) },
	} {
		dir := filepath.Join(t.TempDir(), "cache")
		if err := prepare(dir); err != nil {
			t.Fatal(err)
		}
		if c, err := wasmhost.OpenCache(dir); err == nil {
			c.Close()
			t.Errorf("%s: the folder is used", name)
		} else if !strings.Contains(err.Error(), "compile cache") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func makeMode(dir string, mode fs.FileMode) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, mode)
}

func TestTM064ForeignOwnerIsRefused(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	dir := t.TempDir()
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if c, err := wasmhost.OpenCache(dir); err == nil {
		c.Close()
		t.Error("the folder of another user is used")
	}
}

func TestCacheFolderIsPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "cache")
	useCache(t, dir, guests[0].wasm(t))
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := e.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v, %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A second process takes what the first one left.
func TestCacheIsUsed(t *testing.T) {
	t.Parallel()
	dir, wasm := t.TempDir(), guests[0].wasm(t)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	useCache(t, dir, wasm)
	all := entries(t, dir)
	if len(all) != 1 {
		t.Fatalf("the cache has %q", all)
	}
	before, err := os.Stat(all[0])
	if err != nil {
		t.Fatal(err)
	}
	useCache(t, dir, wasm)
	after, err := os.Stat(all[0])
	if err != nil || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the entry was written again, %v", err)
	}
}

// Whatever happened to an entry, it is dropped and compiled anew, once, and the
// answer is right. Flips in the header matter most: the engine's own checksum
// does not cover the places at which code is entered.
func TestTM065DamagedEntriesNeverRun(t *testing.T) {
	t.Parallel()
	dir, wasm := t.TempDir(), guests[0].wasm(t)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	useCache(t, dir, wasm)
	entry := entries(t, dir)[0]
	good := read(t, entry)
	damage := map[string]func(){
		"empty":     func() { write(t, entry, nil) },
		"one byte":  func() { write(t, entry, good[:1]) },
		"half":      func() { write(t, entry, good[:len(good)/2]) },
		"no end":    func() { write(t, entry, good[:len(good)-1]) },
		"longer":    func() { write(t, entry, append(bytes.Clone(good), 0)) },
		"zeroes":    func() { write(t, entry, make([]byte, len(good))) },
		"no sums":   func() { remove(t, sumsOf(entry)) },
		"bad sums":  func() { write(t, sumsOf(entry), []byte("garbage\n")) },
		"no entry":  func() { remove(t, entry) },
		"directory": func() { remove(t, entry); mkdir(t, entry) },
		"link":      func() { remove(t, entry); link(t, os.DevNull, entry) },
		"writable":  func() { chmod(t, filepath.Dir(sumsOf(entry)), 0o777) },
	}
	for _, at := range []int{0, 7, 14, 20, 24, 31, 40, len(good) / 2, len(good) - 5} {
		damage[fmt.Sprintf("flip at %d", at)] = func() {
			flipped := bytes.Clone(good)
			flipped[at] ^= 0x10
			write(t, entry, flipped)
		}
	}
	for name, harm := range damage {
		harm()
		useCache(t, dir, wasm)
		if got := entries(t, dir); len(got) != 1 || got[0] != entry {
			t.Fatalf("%s: the cache has %q", name, got)
		}
		if !bytes.Equal(read(t, entry), good) {
			t.Logf("%s: compiled to other code than before", name)
			good = read(t, entry)
		}
	}
}

func sumsOf(entry string) string {
	return filepath.Join(filepath.Dir(filepath.Dir(entry)), "sums")
}

func remove(t testing.TB, path string) { check0(t, os.RemoveAll(path)) }

func mkdir(t testing.TB, path string) { check0(t, os.Mkdir(path, 0o700)) }

func link(t testing.TB, to, path string) { check0(t, os.Symlink(to, path)) }

func chmod(t testing.TB, path string, mode fs.FileMode) { check0(t, os.Chmod(path, mode)) }

func check0(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The machine code of one module under the name of another is not run. Who can
// write the folder can write the digests too, though: that nobody else can is
// what the checks of the folder are for.
func TestTM064PlantedEntryIsNotRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	chmod(t, dir, 0o700)
	a, b := guests[0].wasm(t), guests[1].wasm(t)
	useCache(t, dir, a)
	entryA := entries(t, dir)[0]
	useCache(t, dir, b)
	for _, e := range entries(t, dir) {
		if e != entryA {
			write(t, entryA, read(t, e))
		}
	}
	planted := read(t, entryA)
	useCache(t, dir, a)
	if bytes.Equal(read(t, entryA), planted) {
		t.Error("the planted entry is still there")
	}
}

// What a killed process left half written is removed, when it is old enough to
// be nobody's.
func TestCacheIsSwept(t *testing.T) {
	t.Parallel()
	dir, wasm := t.TempDir(), guests[0].wasm(t)
	chmod(t, dir, 0o700)
	useCache(t, dir, wasm)
	entry := entries(t, dir)[0]
	old, young := entry+".1.tmp", entry+".2.tmp"
	write(t, old, []byte("half"))
	write(t, young, []byte("half"))
	long := time.Now().Add(-2 * time.Hour)
	check0(t, os.Chtimes(old, long, long))
	useCache(t, dir, wasm)
	if _, err := os.Stat(old); err == nil {
		t.Error("the old file is still there")
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("the young file: %v", err)
	}
}

// The engine keeps no more than one try: a module that no engine can compile is
// an error, with and without a cache.
func TestCacheDoesNotHideErrors(t *testing.T) {
	t.Parallel()
	// postern_get: local.get of no local, which preflight leaves to the engine.
	bad := []byte("\x00asm\x01\x00\x00\x00" + "\x01\x05\x01\x60\x00\x01\x7f" + "\x03\x02\x01\x00" + "\x05\x03\x01\x00\x01" +
		"\x07\x18\x02\x06memory\x02\x00\x0bpostern_get\x00\x00" + "\x0a\x06\x01\x04\x00\x42\x00\x0b")
	dir := t.TempDir()
	chmod(t, dir, 0o700)
	o := wasmhost.Options{Name: "app", Wasm: bad, Cache: openCache(t, dir)}
	p := open(t, o)
	if _, err := p.Get(t.Context(), "k"); secret.CodeOf(err) != secret.ErrLoad {
		t.Errorf("Get() = %v", err)
	}
}

// killedVariable tells the test binary to fill the cache in its folder until it
// is killed.
const killedVariable = "POSTERN_TEST_FILL_CACHE"

func TestTM065KilledInTheMiddleOfAWrite(t *testing.T) {
	if dir := os.Getenv(killedVariable); dir != "" {
		os.Stdout.WriteString("ready\n")
		for {
			useCache(t, dir, guests[1].wasm(t))
			for _, e := range entries(t, dir) {
				_ = os.Remove(e)
			}
		}
	}
	t.Parallel()
	times := 20
	if testing.Short() {
		times = 3
	}
	dir := t.TempDir()
	chmod(t, dir, 0o700)
	for range times {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTM065KilledInTheMiddleOfAWrite$")
		cmd.Env = append(os.Environ(), killedVariable+"="+dir)
		out, err := cmd.StdoutPipe()
		check0(t, err)
		check0(t, cmd.Start())
		_, err = out.Read(make([]byte, 16))
		check0(t, err)
		// Not waiting is the point: the child is anywhere in its loop.
		useCache(t, dir, guests[0].wasm(t))
		check0(t, cmd.Process.Kill())
		_ = cmd.Wait()
		useCache(t, dir, guests[1].wasm(t))
		useCache(t, dir, guests[0].wasm(t))
	}
}
