package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

const foreignText = "providers:\n  p: {module: ./mine.wasm, grant: {env: [\"*\"]}}\n  q: {module: ./mine.wasm, grant: {env: [\"*\"]}}\n  m: {module: memory}\nchain: [p]\n"

func wasm(t *testing.T, name string) string {
	t.Helper()
	b, ok := modules.Bytes(name)
	if !ok {
		t.Fatalf("no module %q", name)
	}
	return string(b)
}

// lockFor returns the text of a lock that pins one module.
func lockFor(t *testing.T, name, text string) string {
	t.Helper()
	var l module.Lock
	if err := l.Pin(name, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return string(l.Format())
}

func TestLock(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"c.yaml": foreignText, "mine.wasm": wasm(t, "env")})
	s := config.Sources{Dir: dir, Path: "c.yaml"}
	c, err := config.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Modules(); len(got) != 1 || got[0] != "./mine.wasm" {
		t.Errorf("Modules() = %q, want ./mine.wasm once", got)
	}
	if c.LockPath != filepath.Join(dir, config.LockName) || c.Options.Lock == nil || len(c.Options.Lock.Modules) != 0 {
		t.Errorf("without a lock: %q, %+v", c.LockPath, c.Options.Lock)
	}
	b, err := c.ReadModule("./mine.wasm")
	if err != nil {
		t.Fatal(err)
	}
	var lock module.Lock
	if err := lock.Pin("./mine.wasm", b); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteLock(lock); err != nil {
		t.Fatal(err)
	}
	if c, err = config.Load(s); err != nil {
		t.Fatal(err)
	}
	if err := c.Options.Lock.Verify("./mine.wasm", b); err != nil {
		t.Errorf("Verify against the lock that was written: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*.postern-*")); len(left) != 0 {
		t.Errorf("temporary files are left: %q", left)
	}
}

// TestWriteLockReplacesNoLink: the pins would part from the file that the link leads to.
func TestWriteLockReplacesNoLink(t *testing.T) {
	t.Parallel()
	text := lockFor(t, "./mine.wasm", wasm(t, "env"))
	dir := folder(t, map[string]string{"c.yaml": foreignText, "mine.wasm": wasm(t, "env"), "other": text})
	path := filepath.Join(dir, config.LockName)
	if err := os.Symlink("other", path); err != nil {
		t.Skip(err)
	}
	c, err := config.Load(config.Sources{Dir: dir, Path: "c.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	err = c.WriteLock(module.Lock{})
	if secret.CodeOf(err) != secret.ErrLoad || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("WriteLock = %v, want load_failed that names the link", err)
	}
	if to, err := os.Readlink(path); to != "other" {
		t.Errorf("the link is %q, %v", to, err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "other")); string(got) != text {
		t.Errorf("the file has changed: %v", err)
	}
}

// TestWriteLockReplacesNoLockThatAnotherProgramWrote: pins that were added since the
// configuration was read are not lost.
func TestWriteLockReplacesNoLockThatAnotherProgramWrote(t *testing.T) {
	t.Parallel()
	text, other := lockFor(t, "./mine.wasm", wasm(t, "env")), lockFor(t, "./mine.wasm", wasm(t, "dotenv"))
	for name, before := range map[string]string{"a lock": text, "none": ""} {
		files := map[string]string{"c.yaml": foreignText, "mine.wasm": wasm(t, "env"), config.LockName: before}
		if before == "" {
			delete(files, config.LockName)
		}
		dir := folder(t, files)
		path := filepath.Join(dir, config.LockName)
		c, err := config.Load(config.Sources{Dir: dir, Path: "c.yaml"})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		err = c.WriteLock(module.Lock{})
		if secret.CodeOf(err) != secret.ErrLoad || !strings.Contains(err.Error(), "another program") {
			t.Errorf("%s: WriteLock = %v, want load_failed", name, err)
		}
		if got, err := os.ReadFile(path); string(got) != other {
			t.Errorf("%s: the lock holds %q, %v", name, got, err)
		}
	}
	dir := folder(t, map[string]string{"c.yaml": foreignText, "mine.wasm": wasm(t, "env"), config.LockName: text})
	c, err := config.Load(config.Sources{Dir: dir, Path: "c.yaml"})
	for range 2 { // its own lock it replaces
		if err == nil {
			err = c.WriteLock(*c.Options.Lock)
		}
	}
	if err != nil {
		t.Errorf("WriteLock twice = %v", err)
	}
}

// TestBadLock: a damaged lock is an error, not a lock without pins.
func TestBadLock(t *testing.T) {
	t.Parallel()
	whole := lockFor(t, "./mine.wasm", wasm(t, "env"))
	for name, text := range map[string]string{
		"empty": "", "cut": whole[:len(whole)/2], "conflict": "<<<<<<< ours\n" + whole,
		"no pins": `{"version":1,"modules":null}`, "later version": strings.Replace(whole, `"version": 1`, `"version": 2`, 1),
	} {
		dir := folder(t, map[string]string{"c.yaml": foreignText, "mine.wasm": wasm(t, "env"), config.LockName: text})
		_, err := config.Load(config.Sources{Dir: dir, Path: "c.yaml"})
		var hint suggest.Hint
		if secret.CodeOf(err) != secret.ErrLoad || !strings.Contains(err.Error(), config.LockName) || !errors.As(err, &hint) {
			t.Errorf("%s: Load = %v, want load_failed that names the lock, and a hint", name, err)
		}
	}
}

// TestLockOwnerTM063: the lock of a configuration that was found follows the rule
// of the configuration: it is not a link, and only the user may write it.
func TestLockOwnerTM063(t *testing.T) {
	t.Parallel()
	text := lockFor(t, "./mine.wasm", wasm(t, "env"))
	dir := folder(t, map[string]string{"postern.yaml": foreignText, "mine.wasm": wasm(t, "env"), config.LockName: text, "other": text})
	s := config.Sources{Dir: dir, Environ: home(t)}
	if _, err := config.Trust(s); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(s); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, config.LockName)
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o666 {
		t.Skip("this system has no modes")
	}
	if got := loadError(t, s); !strings.Contains(got, "is writable by others") {
		t.Errorf("writable by others: %s", got)
	}
	if err := errors.Join(os.Remove(path), os.Symlink("other", path)); err != nil {
		t.Fatal(err)
	}
	if got := loadError(t, s); !strings.Contains(got, "a symbolic link") {
		t.Errorf("a link: %s", got)
	}
}

// TestTrustAndLock: a configuration that was found needs both trust and matching
// pins.
func TestTrustAndLock(t *testing.T) {
	t.Parallel()
	env, other := wasm(t, "env"), wasm(t, "memory")
	dir := folder(t, map[string]string{"postern.yaml": foreignText, "mine.wasm": env, config.LockName: lockFor(t, "./mine.wasm", env)})
	s := config.Sources{Dir: dir, Environ: home(t)}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := loadError(t, s); !strings.Contains(got, "is not trusted") {
		t.Errorf("a lock alone: %s", got)
	}
	if _, err := config.Trust(s); err != nil {
		t.Fatal(err)
	}
	if c, err := config.Load(s); err != nil || !c.Trusted {
		t.Fatalf("both: %v", err)
	}
	write(config.LockName, lockFor(t, "./mine.wasm", other))
	if _, err := config.Load(s); secret.CodeOf(err) != secret.ErrIntegrity || !strings.Contains(err.Error(), "now also wants env") {
		t.Errorf("trusted, but the pin differs: %v, want integrity", err)
	}
	// Another user who can write the folder can replace module and lock together, but the
	// bytes are then not those that were trusted.
	write("mine.wasm", other)
	if got := loadError(t, s); !strings.Contains(got, "is not trusted") {
		t.Errorf("module and lock replaced: %s", got)
	}
}

// TestWriteLockKeepsTheFile: a lock that is written again keeps its mode, and is not split from its
// other names.
func TestWriteLockKeepsTheFile(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"c.yaml": foreignText, "mine.wasm": wasm(t, "env")})
	c, err := config.Load(config.Sources{Dir: dir, Path: "c.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	var lock module.Lock
	for _, mode := range []os.FileMode{0o644, 0o600, 0o640} {
		if mode != 0o644 {
			if err := os.Chmod(c.LockPath, mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.WriteLock(lock); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(c.LockPath); err != nil || info.Mode().Perm() != mode && runtime.GOOS != "windows" {
			t.Errorf("the mode is %v, want %v; %v", info.Mode(), mode, err)
		}
	}
	if err := os.Link(c.LockPath, filepath.Join(dir, "other")); err != nil {
		t.Skip("no hard links here")
	}
	if err := c.WriteLock(lock); err == nil || !strings.Contains(err.Error(), "hard links") {
		t.Errorf("with another hard link: %v", err)
	}
}
