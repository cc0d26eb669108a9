package modules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/secret"
)

// TestReadmeGrants opens the first provider of every module's README: it works
// with the grant that is shown, and not without it.
func TestReadmeGrants(t *testing.T) {
	t.Parallel()
	for _, name := range append(modules.Names(), modules.File) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "postern.yaml"), yamlBlock(t, name))
			write(t, filepath.Join(dir, "secrets.toml"), "key = 'value'\n")
			write(t, filepath.Join(dir, "secrets.env"), "key='value'\n")
			write(t, filepath.Join(dir, "secrets.json"), `{"key": "value"}`)
			write(t, filepath.Join(dir, "secrets.yaml"), "key: value\n")
			if err := os.Mkdir(filepath.Join(dir, "secrets"), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "secrets", "key"), "value")
			c, err := config.Inspect(config.Sources{Dir: dir, Environ: []string{"APP_key=value"}})
			if err != nil {
				t.Fatal(err)
			}
			o := c.Options
			o.Providers = o.Providers[:1]
			o.Chain = []runtime.ChainLink{{Name: o.Providers[0].Name}}
			if got := readKey(t, name, o); got != nil {
				t.Errorf("with the grant of README.md: Get(key) = %v, want the value", got)
			}
			if o.Providers[0].Grant.Env == nil && o.Providers[0].Grant.Files == nil {
				return
			}
			o.Providers[0].Grant = runtime.Grant{}
			if got := readKey(t, name, o); got == nil {
				t.Error("Get(key) works without the grant of README.md")
			}
		})
	}
}

// The table of the modules says how large each is, in KB of 1000 bytes.
func TestReadmeSizes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range modules.Names() {
		wasm, _ := modules.Bytes(name)
		row := regexp.MustCompile(`(?m)^\| \[` + name + `\]\(.*\| (\d+) \|$`).FindSubmatch(text)
		if want := strconv.Itoa((len(wasm) + 500) / 1000); row == nil || string(row[1]) != want {
			t.Errorf("README.md has %q as the row of %s, want %s KB", row, name, want)
		}
	}
}

// yamlBlock returns the first YAML block of a module's README, with a chain of the
// providers in it.
func yamlBlock(t *testing.T, module string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(module, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	block, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatalf("%s/README.md has no YAML block", module)
	}
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+):`).FindAllStringSubmatch(block, -1) {
		names = append(names, m[1])
	}
	return block + "chain: [" + strings.Join(names, ", ") + "]\n"
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// readKey opens a runtime and reads "key". The store of module memory is new in
// each runtime, so the key is set first.
func readKey(t *testing.T, module string, o runtime.Options) error {
	t.Helper()
	rt, err := runtime.Open(t.Context(), o)
	if err != nil {
		return err
	}
	defer rt.Close()
	if module == "memory" {
		value, err := secret.FromString("value")
		if err != nil {
			t.Fatal(err)
		}
		if err := rt.Set(t.Context(), "key", value); err != nil {
			return err
		}
	}
	s, err := rt.Get(t.Context(), "key")
	if err != nil {
		return err
	}
	if text, err := s.ExposeString(); err != nil || text != "value" {
		t.Errorf("Get(key) = %q, %v, want %q", text, err, "value")
	}
	return nil
}
