//go:build unix

package main_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// trustedFile is a file that decides what postern does. It lies at deep/in/NAME.
type trustedFile struct {
	name   string // of the test
	path   string // from the top
	files  map[string]string
	dir    string // where the command runs, from the top
	env    []string
	args   []string
	cached bool // a refusal is a warning
}

const foreignModule = "providers: { m: { module: ./hello.wasm } }\n"

func trustedFiles(t *testing.T) []trustedFile {
	t.Helper()
	hello, err := os.ReadFile("../../testdata/script/modules/hello.wasm")
	if err != nil {
		t.Fatal(err)
	}
	mem := "providers: { app: { module: env, grant: { env: [\"APP_*\"] }, config: { prefix: APP_ } } }\n"
	project := map[string]string{"deep/in/postern.yaml": foreignModule, "deep/in/hello.wasm": string(hello)}
	return []trustedFile{
		{"config", "deep/in/postern.yaml", map[string]string{"deep/in/postern.yaml": mem}, "deep/in", nil, []string{"get", "K"}, false},
		{"named config", "deep/in/c.yaml", map[string]string{"deep/in/c.yaml": mem, "own/x": ""}, "own", []string{"POSTERN_CONFIG=../deep/in/c.yaml"}, []string{"get", "K"}, false},
		{"policy", "deep/in/p.lua", map[string]string{"deep/in/p.lua": "allow { 'all', keys = '**' }", "own/c.yaml": mem + "policy: ../deep/in/p.lua\n"}, "own", []string{"POSTERN_CONFIG=c.yaml"}, []string{"get", "K"}, false},
		{"lock", "deep/in/postern.lock", project, "deep/in", []string{"POSTERN_CONFIG=postern.yaml"}, []string{"config", "check"}, false},
		{"trust store", "deep/in/postern/trusted", map[string]string{"own/postern.yaml": foreignModule, "own/hello.wasm": string(hello)}, "own", []string{"XDG_STATE_HOME=deep/in"}, []string{"config", "check"}, false},
		{"default .env", "deep/in/.env", map[string]string{"deep/in/.env": "Z=1\n"}, "deep/in", nil, []string{"get", "K"}, false},
		{"compile cache", "deep/in/postern/compiled", map[string]string{"own/postern.yaml": mem, "deep/in/x": ""}, "own", []string{"XDG_CACHE_HOME=deep/in"}, []string{"get", "K"}, true},
	}
}

// TestOneRuleForTrustedFiles: what others can write, or can put another in place of,
// is not used, whichever of the trusted files it is, and the refusal says which file
// or folder it is about, its owner, its mode, and which command helps: one that takes
// rights from others, or one to work as the owner.
func TestOneRuleForTrustedFiles(t *testing.T) {
	t.Parallel()
	const foreign = 54321
	mode := func(m os.FileMode) func(string) error { return func(p string) error { return os.Chmod(p, m) } }
	owner := func(uid, gid int, m os.FileMode) func(string) error {
		return func(p string) error { return errors.Join(os.Lchown(p, uid, gid), os.Chmod(p, m)) }
	}
	at := func(path string, up int) string {
		for range up {
			path = filepath.Dir(path)
		}
		return path
	}
	for _, change := range []struct {
		name string
		up   int // how many folders above the file
		do   func(string) error
		want string // "" passes
		root bool   // needs root
	}{
		{"nothing", 0, func(string) error { return nil }, "", false},
		{"writable by all", 0, mode(0o766), "writable by others", false},
		{"writable by another group", 0, owner(0, foreign, 0o770), "writable by others", true},
		{"another owner", 0, owner(foreign, foreign, 0o700), "belongs to another user", true},
		{"folder writable by all", 1, mode(0o777), "writable by others", false},
		{"folder writable by another group", 1, owner(0, foreign, 0o775), "writable by others", true},
		{"folder of another owner", 1, owner(foreign, foreign, 0o755), "belongs to another user", true},
		{"sticky folder", 1, mode(os.ModeSticky | 0o777), "", false},
		{"sticky folder of another owner", 1, owner(foreign, foreign, os.ModeSticky|0o777), "belongs to another user", true},
		{"far folder writable by all", 2, mode(0o777), "writable by others", false},
		{"far folder of another owner", 2, owner(foreign, foreign, 0o755), "belongs to another user", true},
		{"far sticky folder", 2, mode(os.ModeSticky | 0o777), "", false},
	} {
		for _, f := range trustedFiles(t) {
			t.Run(f.name+"/"+change.name, func(t *testing.T) {
				t.Parallel()
				if change.root && os.Geteuid() != 0 {
					t.Skip("only root can give files away")
				}
				top := f.lay(t)
				target := at(filepath.Join(top, f.path), change.up)
				if err := change.do(target); err != nil {
					t.Fatal(err)
				}
				exit, stderr := f.run(t, top)
				switch {
				case change.want == "" && exit != 0:
					t.Errorf("exit %d: %s", exit, stderr)
				case change.want == "":
				case exit == 0 && !f.cached:
					t.Error("it was used")
				case exit != 78 && !f.cached:
					t.Errorf("exit %d: %s", exit, stderr)
				case f.cached && exit != 0:
					t.Errorf("exit %d, want a warning: %s", exit, stderr)
				case f.cached && strings.Count(stderr, "compiled code is not kept on disk") != 1:
					t.Errorf("want one warning: %s", stderr)
				default:
					hint := "chmod go"
					if change.want == "belongs to another user" {
						hint = "sudo -H -u '#54321' -s"
					}
					for _, part := range []string{change.want, target, "mode ", "owner ", hint} {
						if !strings.Contains(stderr, part) {
							t.Errorf("%q is missing in: %s", part, stderr)
						}
					}
				}
			})
		}
	}
}

// lay creates the files in a new folder and lets postern make those that it makes
// itself.
func (f *trustedFile) lay(t *testing.T) string {
	t.Helper()
	top := t.TempDir()
	for name, text := range f.files {
		path := filepath.Join(top, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range map[string][][]string{
		"lock": {{"module", "lock"}}, "trust store": {{"module", "lock"}, {"trust"}}, "compile cache": {{"get", "K"}},
	}[f.name] {
		if exit, stderr := f.with(args...).run(t, top); exit != 0 {
			t.Fatalf("%q: exit %d: %s", args, exit, stderr)
		}
	}
	if _, err := os.Lstat(filepath.Join(top, f.path)); err != nil {
		t.Fatal(err)
	}
	return top
}

func (f *trustedFile) with(args ...string) *trustedFile {
	g := *f
	g.args = args
	return &g
}

func (f *trustedFile) run(t *testing.T, top string) (exit int, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "postern", f.args...)
	cmd.Dir = filepath.Join(top, f.dir)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + top, "APP_K=value", "K=value", "POSTERN_CANARY=" + canary}
	for _, entry := range f.env {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "XDG_") {
			value = filepath.Join(top, value)
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var out bytes.Buffer
	cmd.Stderr = &out
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// TestLinksToTrustedFiles: a link is as trusted as who made it and what it leads to.
func TestLinksToTrustedFiles(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	for name, tt := range map[string]struct {
		uid    int
		folder fs.FileMode
		want   string
	}{
		"own link":                {0, 0o755, ""},
		"link of another user":    {54321, 0o755, "belongs to another user"},
		"link to an open folder":  {0, 0o777, "writable by others"},
		"link to a sticky folder": {0, os.ModeSticky | 0o777, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, f := range trustedFiles(t) {
				if f.name != "named config" && f.name != "policy" {
					continue
				}
				top := f.lay(t)
				path, real := filepath.Join(top, f.path), filepath.Join(top, "else", "where")
				if err := errors.Join(os.Mkdir(filepath.Dir(real), 0o755), os.Rename(path, real+filepath.Ext(path)),
					os.Symlink(real+filepath.Ext(path), path), os.Lchown(path, tt.uid, tt.uid), os.Chmod(filepath.Dir(real), tt.folder)); err != nil {
					t.Fatal(err)
				}
				exit, stderr := f.run(t, top)
				if tt.want == "" && exit != 0 || tt.want != "" && (exit != 78 || !strings.Contains(stderr, tt.want)) {
					t.Errorf("%s: exit %d, want %q in: %s", f.name, exit, tt.want, stderr)
				}
			}
		})
	}
}
