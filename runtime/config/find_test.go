package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/suggest"
)

const small = "providers: {m: {module: memory}}\n"

// layout creates folders and files beneath a new folder that only the user can
// write, and returns it.
func layout(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := folder(t, nil)
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestFoundUpwards: the configuration is that of the current folder or of the nearest
// folder above, and the search ends where the work of somebody else may begin.
func TestFoundUpwards(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		files map[string]string
		home  string // from the top
		want  string // "" is none
	}{
		{"here", map[string]string{"a/b/postern.yaml": small, "postern.yaml": small}, "", "a/b/postern.yaml"},
		{"one above", map[string]string{"a/postern.toml": "[providers.m]\nmodule = 'memory'\n", "postern.yaml": small}, "", "a/postern.toml"},
		{"two above", map[string]string{"postern.yaml": small}, "", "postern.yaml"},
		{"repository here", map[string]string{"a/b/.git/HEAD": "", "postern.yaml": small}, "", ""},
		{"worktree here", map[string]string{"a/b/.git": "gitdir: x", "postern.yaml": small}, "", ""},
		{"repository above, with one", map[string]string{"a/.git/HEAD": "", "a/postern.yaml": small}, "", "a/postern.yaml"},
		{"repository above, without", map[string]string{"a/.git/HEAD": "", "postern.yaml": small}, "", ""},
		{"Mercurial", map[string]string{"a/.hg/x": "", "postern.yaml": small}, "", ""},
		{"Jujutsu", map[string]string{"a/.jj/x": "", "postern.yaml": small}, "", ""},
		{"home, with one", map[string]string{"a/postern.yaml": small}, "a", "a/postern.yaml"},
		{"home, without", map[string]string{"postern.yaml": small}, "a", ""},
		{"home is here", map[string]string{"postern.yaml": small}, "a/b", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.files["a/b/other"] = ""
			dir := layout(t, tt.files)
			s := config.Sources{Dir: filepath.Join(dir, "a/b")}
			if tt.home != "" {
				s.Environ = []string{"HOME=" + filepath.Join(dir, tt.home)}
			}
			c, err := config.Load(s)
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			if tt.want != "" {
				want = filepath.Join(dir, filepath.FromSlash(tt.want))
			}
			if c.Path != want || c.Found != (want != "") {
				t.Errorf("Path = %q, want %q", c.Path, want)
			}
			if want != "" && c.Options.Dir != filepath.Dir(want) {
				t.Errorf("Dir = %q, want the folder of the file", c.Options.Dir)
			}
		})
	}
}

// TestAlmostTheNameOfAConfiguration: a file that its author takes for a configuration
// has an effect or is an error, wherever the search comes by.
func TestAlmostTheNameOfAConfiguration(t *testing.T) {
	t.Parallel()
	for wrong, right := range map[string]string{
		"postern.yml": "postern.yaml", ".postern.yaml": "postern.yaml", ".postern.yml": "postern.yaml", "postern.YAML": "postern.yaml",
		"Postern.yaml": "postern.yaml", "POSTERN.YAML": "postern.yaml", ".postern.toml": "postern.toml", "Postern.toml": "postern.toml",
		"postern.jsonc": "postern.json", ".postern.json": "postern.json", "POSTERN.JSON": "postern.json",
	} {
		for _, folder := range []string{"a/b/", "a/", ""} {
			dir := layout(t, map[string]string{folder + wrong: small, "a/b/x": ""})
			c, err := config.Load(config.Sources{Dir: filepath.Join(dir, "a/b")})
			if c != nil && c.Path != "" {
				continue // the file system does not tell upper from lower case
			}
			if err == nil || !strings.Contains(err.Error(), wrong) || !strings.Contains(suggestion(err), "/"+right) {
				t.Errorf("%s%s: %v, hint %q; want %s in it", folder, wrong, err, suggestion(err), right)
			}
		}
		dir := layout(t, map[string]string{wrong: small, right: small})
		if err := loadError(t, config.Sources{Dir: dir}); !strings.Contains(err, "two configurations") {
			t.Errorf("%s and %s: %v", wrong, right, err)
		}
		if _, err := config.Load(config.Sources{Dir: layout(t, map[string]string{wrong + "/x": ""})}); err != nil {
			t.Errorf("a folder %s: %v", wrong, err)
		}
	}
}

func suggestion(err error) string {
	var hint suggest.Hint
	_ = errors.As(err, &hint)
	return string(hint)
}

// TestFoundIsNotPassedOver: what is wrong with the nearest configuration is an error,
// though there is a better one above.
func TestFoundIsNotPassedOver(t *testing.T) {
	t.Parallel()
	dir := layout(t, map[string]string{"postern.yaml": small, "a/postern.yaml": "no: 1", "a/b/x": ""})
	if got := loadError(t, config.Sources{Dir: filepath.Join(dir, "a/b")}); !strings.Contains(got, `unknown key "no"`) {
		t.Errorf("Load: %s", got)
	}
}

// TestWriteGrantsOfWhatDecides: a module may write neither the files that decide what
// it may do nor what runs unchecked, by whatever path.
func TestWriteGrantsOfWhatDecides(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, grant, want string }{
		{"the folder", ".", "covers the configuration"},
		{"a folder above", "..", "covers the configuration"},
		{"the file", "c.yaml", "covers the configuration"},
		{"dots", "data/../c.yaml", "covers the configuration"},
		{"a link to the folder", "link", "covers the configuration"},
		{"through a link", "link/c.yaml", "covers the configuration"},
		{"the lock", "postern.lock", "covers the lock"},
		{"the policy", "rules", "covers the policy"},
		{"a link to the policy", "linked.lua", "covers the policy"},
		{"a library", "libs/net.lua", "covers a library of the policy"},
		{"the trust store", "state/postern/trusted", "covers the trust store"},
		{"the folder of the trust store", "state", "covers the trust store"},
		{"the compile cache", "cache", "covers the compile cache"},
		{"in the compile cache", "cache/x", "covers the compile cache"},
		{"a folder beside", "data", ""},
		{"a file beside", "secrets.env", ""},
		{"a name that begins like it", "c.yaml2", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := "providers: {m: {module: file, grant: {files: [{path: " + tt.grant + ", write: true}]}, config: {path: data/x, format: json}}}\n" +
				"policy: rules/p.lua\npolicy_libs: {a/net: libs/net.lua}\ncompile_cache: cache\n"
			dir := layout(t, map[string]string{"c.yaml": text, "rules/p.lua": "", "libs/net.lua": "", "data/x": "{}"})
			for name, to := range map[string]string{"link": ".", "linked.lua": "rules/p.lua"} {
				if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
					t.Skip(err)
				}
			}
			s := config.Sources{Dir: dir, Path: "c.yaml", Environ: []string{"XDG_STATE_HOME=" + filepath.Join(dir, "state")}}
			_, err := config.Load(s)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("Load: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "provider m may write")):
				t.Errorf("Load: %v, want %q in it", err, tt.want)
			}
			reads := strings.ReplaceAll(text, ", write: true", "")
			if err := os.WriteFile(filepath.Join(dir, "c.yaml"), []byte(reads), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := config.Load(s); err != nil {
				t.Errorf("a grant to read: %v", err)
			}
		})
	}
}

// TestDecisionLogOfItsOwn_TM205: modules neither write the decision log nor read it as their file,
// and it is not a file that decides.
func TestDecisionLogOfItsOwn_TM205(t *testing.T) {
	t.Parallel()
	const write = "{path: ./d, write: true}"
	for _, tt := range []struct{ name, grant, log, want string }{
		{"in a folder to write", write, "d/log", "provider m may write"},
		{"by dots", write, "e/../d/log", "provider m may write"},
		{"in a new folder there", write, "d/x/y/log", "provider m may write"},
		{"through a link", write, "link/log", "provider m may write"},
		{"a file to write", "{path: ./log, write: true}", "log", "provider m may write"},
		{"a file to read", "{path: ./log}", "./e/../log", "which is the decision log"},
		{"a file with two names", "{path: ./hard}", "s.json", "which is the decision log"},
		{"the file of the module", "{path: ./d}", "d/x", "reads the decision log"},
		{"the configuration", "{path: ./d}", "c.yaml", "the configuration"},
		{"the lock", "{path: ./d}", "postern.lock", "the lock"},
		{"the policy", "{path: ./d}", "rules/p.lua", "the policy"},
		{"a library", "{path: ./d}", "libs/net.lua", "a library of the policy"},
		{"the trust store", "{path: ./d}", "state/postern/trusted", "the trust store"},
		{"in the compile cache", "{path: ./d}", "cache/log", "the compile cache"},
		{"beside", write, "log", ""},
		{"a name that begins like it", write, "d.log", ""},
		{"beneath a grant to read", "{path: ./d}", "d/log", ""},
		{"standard error", write, "'-'", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := "providers: {m: {module: file, grant: {files: [" + tt.grant + "]}, config: {path: d/x, format: json}}}\n" +
				"policy: rules/p.lua\npolicy_libs: {a/net: libs/net.lua}\ncompile_cache: cache\ndecision_log: " + tt.log + "\n"
			dir := layout(t, map[string]string{"c.yaml": text, "rules/p.lua": "", "libs/net.lua": "", "d/x": "{}", "e/x": "", "s.json": "{}"})
			if err := os.Symlink("d", filepath.Join(dir, "link")); err != nil {
				t.Skip(err)
			}
			if err := os.Link(filepath.Join(dir, "s.json"), filepath.Join(dir, "hard")); err != nil {
				t.Skip(err)
			}
			_, err := config.Load(config.Sources{
				Dir: dir, Path: "c.yaml", Environ: []string{"XDG_STATE_HOME=" + filepath.Join(dir, "state")}, Stderr: &strings.Builder{},
			})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Load: %v, want %q in it", err, tt.want)
			}
		})
	}
}
