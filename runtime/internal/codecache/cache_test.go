//go:build unix

package codecache_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/codecache"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/testdata/hostile"
)

// rustGuest and cGuest return two modules that read the environment.
func rustGuest() []byte { b, _ := modules.Bytes("env"); return b }

func cGuest(t testing.TB) []byte {
	t.Helper()
	b, err := hostile.Case{Name: "careless"}.Wasm()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// useCache runs the guest with a new cache over dir, as the next process would,
// and wants the right answer and nothing in the log.
func useCache(t testing.TB, dir string, wasm []byte) {
	t.Helper()
	cache, err := codecache.Open(dir)
	if err != nil {
		t.Fatalf("Open(%q) = %v", dir, err)
	}
	defer cache.Close()
	var log bytes.Buffer
	p, err := wasmhost.Open(t.Context(), wasmhost.Options{
		Name: "app", Wasm: wasm, Grant: all.Grants{Env: []string{"*"}}, Environ: func() []string { return []string{"K=v"} },
		Cache: cache, Log: slog.New(slog.NewTextHandler(&log, nil)), Limits: wasmhost.Limits{Call: 5 * time.Minute},
	})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	defer p.Close()
	s, err := p.Get(t.Context(), "K")
	if err != nil {
		t.Fatalf("Get() = %v", err)
	}
	if got, _ := s.ExposeString(); got != "v" {
		t.Errorf("Get() = %q", got)
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", log.String())
	}
}

// codeFiles returns the files of machine code in dir.
func codeFiles(t testing.TB, dir string) []string {
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

func TestTM064UnsafeFoldersAreRefused(t *testing.T) {
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
		if c, err := codecache.Open(dir); err == nil {
			c.Close()
			t.Errorf("%s: the folder is accepted", name)
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

func TestTM064FolderOfAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can change the owner of a folder")
	}
	dir := t.TempDir()
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if c, err := codecache.Open(dir); err == nil {
		c.Close()
		t.Error("the folder of another user is accepted")
	}
}

func TestCacheFolderIsPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "cache")
	useCache(t, dir, rustGuest())
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

// A second process uses the code that the first one compiled.
func TestCacheIsUsed(t *testing.T) {
	t.Parallel()
	dir, wasm := t.TempDir(), rustGuest()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	useCache(t, dir, wasm)
	all := codeFiles(t, dir)
	if len(all) != 1 {
		t.Fatalf("the cache contains %q", all)
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

// A damaged entry is removed, the module is compiled again, once, and the answer
// is right. Bit flips in the header matter most: the engine's own checksum does
// not cover the offsets at which code is entered.
func TestTM065DamagedEntriesNeverRun(t *testing.T) {
	t.Parallel()
	dir, wasm := t.TempDir(), rustGuest()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	useCache(t, dir, wasm)
	entry := codeFiles(t, dir)[0]
	good := read(t, entry)
	damage := map[string]func(){
		"empty":         func() { write(t, entry, nil) },
		"one byte":      func() { write(t, entry, good[:1]) },
		"half":          func() { write(t, entry, good[:len(good)/2]) },
		"no end":        func() { write(t, entry, good[:len(good)-1]) },
		"longer":        func() { write(t, entry, append(bytes.Clone(good), 0)) },
		"zeroes":        func() { write(t, entry, make([]byte, len(good))) },
		"no checksums":  func() { remove(t, checksumsOf(entry)) },
		"bad checksums": func() { write(t, checksumsOf(entry), []byte("garbage\n")) },
		"no entry":      func() { remove(t, entry) },
		"directory":     func() { remove(t, entry); mkdir(t, entry) },
		"link":          func() { remove(t, entry); link(t, os.DevNull, entry) },
		"writable":      func() { chmod(t, filepath.Dir(checksumsOf(entry)), 0o777) },
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
		if got := codeFiles(t, dir); len(got) != 1 || got[0] != entry {
			t.Fatalf("%s: the cache contains %q", name, got)
		}
		if !bytes.Equal(read(t, entry), good) {
			t.Logf("%s: the new code differs from the old", name)
			good = read(t, entry)
		}
	}
}

func checksumsOf(entry string) string {
	return filepath.Join(filepath.Dir(filepath.Dir(entry)), "sums")
}

func remove(t testing.TB, path string) { must(t, os.RemoveAll(path)) }

func mkdir(t testing.TB, path string) { must(t, os.Mkdir(path, 0o700)) }

func link(t testing.TB, to, path string) { must(t, os.Symlink(to, path)) }

func chmod(t testing.TB, path string, mode fs.FileMode) { must(t, os.Chmod(path, mode)) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The machine code of one module under the name of another is not run. (Anyone
// who can write the folder can write the checksums too; the checks of the folder
// make sure that nobody else can.)
func TestTM064PlantedEntryIsNotRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	chmod(t, dir, 0o700)
	a, b := rustGuest(), cGuest(t)
	useCache(t, dir, a)
	entryA := codeFiles(t, dir)[0]
	useCache(t, dir, b)
	for _, e := range codeFiles(t, dir) {
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

// A file that a killed process left half written is removed once it is too old
// to belong to a running process.
func TestTemporaryFilesAreRemoved(t *testing.T) {
	t.Parallel()
	dir, wasm := t.TempDir(), rustGuest()
	chmod(t, dir, 0o700)
	useCache(t, dir, wasm)
	entry := codeFiles(t, dir)[0]
	old, young := entry+".1.tmp", entry+".2.tmp"
	write(t, old, []byte("half"))
	write(t, young, []byte("half"))
	long := time.Now().Add(-2 * time.Hour)
	must(t, os.Chtimes(old, long, long))
	useCache(t, dir, wasm)
	if _, err := os.Stat(old); err == nil {
		t.Error("the old file is still there")
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("the young file: %v", err)
	}
}

// killedVariable makes the test binary fill the cache in the named folder until
// it is killed.
const killedVariable = "POSTERN_TEST_FILL_CACHE"

func TestTM065KilledInTheMiddleOfAWrite(t *testing.T) {
	if dir := os.Getenv(killedVariable); dir != "" {
		os.Stdout.WriteString("ready\n")
		for {
			useCache(t, dir, cGuest(t))
			for _, e := range codeFiles(t, dir) {
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
		must(t, err)
		must(t, cmd.Start())
		_, err = out.Read(make([]byte, 16))
		must(t, err)
		// Do not wait: the child must be killed anywhere in its loop.
		useCache(t, dir, rustGuest())
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		useCache(t, dir, cGuest(t))
		useCache(t, dir, rustGuest())
	}
}

// A path to a file is an error of its own: a folder that does not exist, or may not be
// written, is how many machines are set up.
func TestOpenNamesWhatIsNoFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Symlink(dir, link)); err != nil {
		t.Fatal(err)
	}
	paths := []string{file, link}
	if _, err := os.Stat("/proc/self"); err == nil {
		paths = append(paths, "/proc/none")
	}
	for _, path := range paths {
		cache, err := codecache.Open(path)
		if err == nil {
			_ = cache.Close()
			t.Errorf("Open(%q) succeeded", path)
			continue
		}
		usual := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR)
		if usual || !strings.Contains(err.Error(), strconv.Quote(path)) {
			t.Errorf("Open(%q) = %v", path, err)
		}
	}
}
