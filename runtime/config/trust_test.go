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

// TestRevokeTM177: to take trust away needs nothing but the path. The trust does not hold
// again when the file is what it was.
func TestRevokeTM177(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"postern.yaml": "providers:\n  p: {module: ./mine.wasm}\n", "mine.wasm": "\x00asm", "postern.lock": `{"version":1,"modules":{}}`,
	}
	write := func(t *testing.T, dir, name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]func(t *testing.T, dir string){
		"as it was":             func(*testing.T, string) {},
		"malformed":             func(t *testing.T, dir string) { write(t, dir, "postern.yaml", "bad: [\n") },
		"an unknown setting":    func(t *testing.T, dir string) { write(t, dir, "postern.yaml", "bad: 1\n") },
		"no providers":          func(t *testing.T, dir string) { write(t, dir, "postern.yaml", "") },
		"a policy that is gone": func(t *testing.T, dir string) { write(t, dir, "postern.yaml", files["postern.yaml"]+"policy: p.lua\n") },
		"gone":                  func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "postern.yaml"))) },
		"renamed": func(t *testing.T, dir string) {
			must(t, os.Rename(filepath.Join(dir, "postern.yaml"), filepath.Join(dir, "postern.yml")))
		},
		"a folder in its place": func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, "postern.yaml")))
			must(t, os.Mkdir(filepath.Join(dir, "postern.yaml"), 0o700))
		},
		"a link in its place": func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, "postern.yaml")))
			must(t, os.Symlink("mine.wasm", filepath.Join(dir, "postern.yaml")))
		},
		"another one beside it":     func(t *testing.T, dir string) { write(t, dir, "postern.json", "{}") },
		"writable by others":        func(t *testing.T, dir string) { must(t, os.Chmod(filepath.Join(dir, "postern.yaml"), 0o666)) },
		"unreadable":                func(t *testing.T, dir string) { must(t, os.Chmod(filepath.Join(dir, "postern.yaml"), 0)) },
		"folder writable by others": func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o777)) },
		"module gone":               func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "mine.wasm"))) },
		"module is a folder": func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, "mine.wasm")))
			must(t, os.Mkdir(filepath.Join(dir, "mine.wasm"), 0o700))
		},
		"malformed lock":          func(t *testing.T, dir string) { write(t, dir, "postern.lock", "no lock") },
		"lock writable by others": func(t *testing.T, dir string) { must(t, os.Chmod(filepath.Join(dir, "postern.lock"), 0o666)) },
	}
	for name, change := range tests {
		for _, from := range []string{".", "sub", "sub/sub"} {
			t.Run(name+" from "+from, func(t *testing.T) {
				t.Parallel()
				dir := folder(t, files)
				must(t, os.MkdirAll(filepath.Join(dir, "sub", "sub"), 0o700))
				s := config.Sources{Dir: dir, Environ: home(t)}
				_, err := config.Trust(s)
				must(t, err)
				other := config.Sources{Dir: folder(t, files), Environ: s.Environ}
				_, err = config.Trust(other)
				must(t, err)
				change(t, dir)
				c, err := config.Distrust(config.Sources{Dir: filepath.Join(dir, from), Environ: append(s.Environ, "POSTERN_TIMEOUT=never")})
				if err != nil || !c.Trusted || c.Path != filepath.Join(dir, "postern.yaml") {
					t.Fatalf("Distrust = %+v, %v", c, err)
				}
				again := config.Sources{Dir: dir, Environ: s.Environ}
				must(t, os.RemoveAll(filepath.Join(dir, "postern.yaml")))
				must(t, os.RemoveAll(filepath.Join(dir, "mine.wasm")))
				_, _ = os.Remove(filepath.Join(dir, "postern.json")), os.Remove(filepath.Join(dir, "postern.yml"))
				must(t, os.Chmod(dir, 0o700))
				must(t, os.Chmod(filepath.Join(dir, "postern.lock"), 0o600))
				for name, text := range files {
					write(t, dir, name, text)
				}
				if got := loadError(t, again); !strings.Contains(got, "is not trusted") {
					t.Errorf("Load: %s", got)
				}
				if c, err := config.Inspect(other); err != nil || !c.Trusted {
					t.Errorf("the trust in another folder is gone, too: %v", err)
				}
			})
		}
	}
}

// TestOneNameTM177: a configuration has one name, whichever way leads to its folder, for
// finding, trusting and showing it.
func TestOneNameTM177(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"postern.yaml": "providers:\n  p: {module: ./mine.wasm}\n", "mine.wasm": "\x00asm"})
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	links := folder(t, nil)
	if err := os.Symlink(dir, filepath.Join(links, "link")); err != nil {
		t.Skip("no symbolic links here")
	}
	if err := os.Symlink(filepath.Join(dir, "sub"), filepath.Join(links, "sub")); err != nil {
		t.Fatal(err)
	}
	ways := []string{dir, filepath.Join(dir, "sub"), filepath.Join(links, "link"), filepath.Join(links, "link", "sub"), filepath.Join(links, "sub")}
	for _, trusted := range ways {
		environ := home(t)
		c, err := config.Trust(config.Sources{Dir: trusted, Environ: environ})
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(dir, "postern.yaml"); c.Path != want {
			t.Errorf("Trust in %s: %s, want %s", trusted, c.Path, want)
		}
		for _, used := range ways {
			s := config.Sources{Dir: used, Environ: environ}
			if got, err := config.Load(s); err != nil || !got.Trusted || got.Path != c.Path || got.Options.Dir != dir {
				t.Errorf("trusted in %s, Load in %s: %v", trusted, used, err)
			}
		}
		for _, taken := range ways {
			if got, err := config.Distrust(config.Sources{Dir: taken, Environ: environ}); err != nil || got.Path != c.Path {
				t.Errorf("trusted in %s, Distrust in %s: %+v, %v", trusted, taken, got, err)
			}
		}
	}
}

// TestRevokeByLinkTM177: trust that was given in a folder by a link's name is revoked in the
// folder by its own, and the other way round.
func TestRevokeByLinkTM177(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"postern.yaml": "providers:\n  p: {module: ./mine.wasm}\n", "mine.wasm": "\x00asm"})
	link := filepath.Join(folder(t, nil), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip("no symbolic links here")
	}
	for given, taken := range map[string]string{dir: link, link: dir} {
		s := config.Sources{Dir: given, Environ: home(t)}
		if _, err := config.Trust(s); err != nil {
			t.Fatal(err)
		}
		c, err := config.Distrust(config.Sources{Dir: taken, Environ: s.Environ})
		if err != nil || !c.Trusted {
			t.Errorf("Distrust = %+v, %v", c, err)
		}
		if got := loadError(t, s); !strings.Contains(got, "is not trusted") {
			t.Errorf("Load: %s", got)
		}
	}
}
