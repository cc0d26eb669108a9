package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/suggest"
)

// home returns an environment with a new trust store.
func home(t *testing.T) []string {
	t.Helper()
	return []string{"XDG_STATE_HOME=" + folder(t, nil)}
}

// TestHarmlessTM177 loads a found file that needs no trust.
func TestHarmlessTM177(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"postern.yaml": full})
	c, err := config.Load(config.Sources{Dir: dir})
	if err != nil || !c.Found || len(c.Wants) != 0 {
		t.Errorf("Load = %+v, %v, want no wants", c, err)
	}
}

// TestWantsTM177 refuses a found file that asks for more, and gives the command
// that accepts it. A file that is named needs no trust.
func TestWantsTM177(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, provider, want string }{
		{"module", "{module: ./mine.wasm}", `runs the module "./mine.wasm"`},
		{"file above", "{module: file, grant: {files: [{path: ../x}]}}", `files outside this folder: "../x"`},
		{"file by its absolute path", "{module: file, grant: {files: [{path: /etc}]}}", `files outside this folder: "/etc"`},
		{"file through a link", "{module: file, grant: {files: [{path: link/x}]}}", `files outside this folder: "link/x"`},
		{"all variables", `{module: env, grant: {env: ["*"]}, config: {prefix: APP_}}`, `variables beyond its prefix: "*"`},
		{"another variable", "{module: env, grant: {env: [APP_A, AWS_KEY]}, config: {prefix: APP_}}", `variables beyond its prefix: "AWS_KEY"`},
		{"no prefix", "{module: env, grant: {env: [AWS_KEY]}}", `variables beyond its prefix: "AWS_KEY"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, map[string]string{"postern.yaml": "providers:\n  p: " + tt.provider + "\n", "mine.wasm": "\x00asm"})
			if err := os.Symlink(t.TempDir(), filepath.Join(dir, "link")); err != nil {
				t.Skip("no symbolic links here")
			}
			s := config.Sources{Dir: dir, Environ: home(t)}
			got := loadError(t, s)
			if !strings.Contains(got, tt.want) || !strings.Contains(got, "is not trusted") {
				t.Errorf("Load: %s, want %q in it", got, tt.want)
			}
			var hint suggest.Hint
			if _, err := config.Load(s); !errors.As(err, &hint) || hint != "postern trust" {
				t.Errorf("hint = %q, want postern trust", hint)
			}
			s.Path = "postern.yaml"
			if _, err := config.Load(s); err != nil {
				t.Errorf("named: %v", err)
			}
			s.Path, s.Environ = "", append(s.Environ, "POSTERN_CONFIG=postern.yaml")
			if _, err := config.Load(s); err != nil {
				t.Errorf("named by variable: %v", err)
			}
		})
	}
}

// TestTrustTM177 accepts a file by its digest: after a change of one byte in it or
// in its module, or under another path, it must be accepted again.
func TestTrustTM177(t *testing.T) {
	t.Parallel()
	const text = "providers:\n  p: {module: ./mine.wasm}\n"
	dir := folder(t, map[string]string{"postern.yaml": text, "mine.wasm": "\x00asm1"})
	s := config.Sources{Dir: dir, Environ: home(t)}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(what string) {
		t.Helper()
		if got := loadError(t, s); !strings.Contains(got, "is not trusted") {
			t.Errorf("%s: %s", what, got)
		}
	}
	accepted := func(what string) {
		t.Helper()
		if c, err := config.Load(s); err != nil || !c.Trusted {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("before")
	if _, err := config.Trust(s); err != nil {
		t.Fatal(err)
	}
	accepted("after trust")
	write("mine.wasm", "\x00asm2")
	refused("another module")
	write("mine.wasm", "\x00asm1")
	accepted("the same module")
	write("postern.yaml", text+"#")
	refused("one byte more")
	write("postern.yaml", text)
	copied := s
	copied.Dir = folder(t, map[string]string{"postern.yaml": text, "mine.wasm": "\x00asm1"})
	if got := loadError(t, copied); !strings.Contains(got, "is not trusted") {
		t.Errorf("a copy elsewhere: %s", got)
	}
	if _, err := config.Distrust(s); err != nil {
		t.Fatal(err)
	}
	refused("taken back")
}

// TestCompileCacheTM177: a found file cannot choose the folder of compiled code,
// even if it was trusted.
func TestCompileCacheTM177(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"postern.yaml": "providers: {m: {module: memory}}\ncompile_cache: ./cache\n"})
	s := config.Sources{Dir: dir, Environ: home(t)}
	if got := loadError(t, s); !strings.Contains(got, `may only say "off"`) {
		t.Errorf("Load: %s", got)
	}
	s.Path = "postern.yaml"
	c, err := config.Load(s)
	if err != nil || c.Options.CompileCache != filepath.Join(dir, "cache") {
		t.Errorf("named: %+v, %v", c, err)
	}
}

// TestStoreTM177: a trust store that others could have written accepts nothing.
func TestStoreTM177(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"postern.yaml": "providers:\n  p: {module: ./mine.wasm}\n", "mine.wasm": "\x00asm"})
	state := folder(t, nil)
	s := config.Sources{Dir: dir, Environ: []string{"XDG_STATE_HOME=" + state}}
	if _, err := config.Trust(s); err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(state, "postern", "trusted")
	info, err := os.Stat(store)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Fatalf("the store has mode %v, %v; want 0600", info.Mode(), err)
	}
	if err := os.Chmod(store, 0o622); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(store); err != nil || info.Mode().Perm() != 0o622 {
		t.Skip("this system has no modes")
	}
	if got := loadError(t, s); !strings.Contains(got, "is writable by others") {
		t.Errorf("Load: %s", got)
	}
}

// TestTrustInParallel: processes that accept different folders at the same time lose
// none of them.
func TestTrustInParallel(t *testing.T) {
	t.Parallel()
	env := home(t)
	var all []config.Sources
	for range 100 {
		dir := folder(t, map[string]string{"postern.yaml": "providers:\n  p: {module: ./mine.wasm}\n", "mine.wasm": "\x00asm"})
		all = append(all, config.Sources{Dir: dir, Environ: env})
	}
	var trusting sync.WaitGroup
	for _, s := range all {
		trusting.Go(func() {
			if _, err := config.Trust(s); err != nil {
				t.Error(err)
			}
		})
	}
	trusting.Wait()
	for i, s := range all {
		if _, err := config.Load(s); err != nil {
			t.Errorf("folder %d: %v", i, err)
		}
	}
	left, err := os.ReadDir(filepath.Join(strings.TrimPrefix(env[0], "XDG_STATE_HOME="), "postern"))
	if err != nil || len(left) != 1 {
		t.Errorf("the folder of the store holds %v, %v", left, err)
	}
}

func TestTrustWithoutHome(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"postern.yaml": "providers:\n  p: {module: ./mine.wasm}\n", "mine.wasm": "\x00asm"})
	if _, err := config.Trust(config.Sources{Dir: dir}); err == nil || !strings.Contains(err.Error(), "HOME is not set") {
		t.Errorf("Trust: %v", err)
	}
	if _, err := config.Trust(config.Sources{Dir: t.TempDir()}); err == nil {
		t.Error("Trust of a folder without a file succeeded")
	}
}
