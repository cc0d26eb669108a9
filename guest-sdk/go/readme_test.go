package postern_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/postern-project/postern/testdata/sample"
)

// page is a README that shows how to write a module.
type page struct {
	files   map[string]string // by name
	scripts []string          // the blocks of language sh
}

// fileName finds the name of a file in the text before a block.
var fileName = regexp.MustCompile("(?m)(?:^|\\. )`([A-Za-z0-9._/]+)`, [a-z]")

// readPage reads a README. A block that follows a paragraph with "`NAME`, which
// ..." is the content of the file NAME.
func readPage(t *testing.T, name string) page {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p := page{files: map[string]string{}}
	parts := strings.Split(string(text), "\n```")
	for i := 0; i+1 < len(parts); i += 2 {
		language, content, _ := strings.Cut(parts[i+1], "\n")
		content += "\n"
		if language == "sh" {
			p.scripts = append(p.scripts, content)
			continue
		}
		paragraphs := strings.Split(strings.TrimSpace(parts[i]), "\n\n")
		m := fileName.FindStringSubmatch(paragraphs[len(paragraphs)-1])
		if m == nil {
			t.Fatalf("%s: the text before a block of language %s does not name a file", name, language)
		}
		p.files[m[1]] = content
	}
	p.files["postern.yaml"] += "limits: { call: 5m }\n" // compiling takes long on a busy machine
	return p
}

// folder writes the files of the page to a new folder. The folder "postern"
// beside it is this repository.
func (p page) folder(t *testing.T) string {
	t.Helper()
	top := t.TempDir()
	root, err := filepath.Abs("../..")
	if err == nil {
		err = os.Symlink(root, filepath.Join(top, "postern"))
	}
	if err != nil {
		t.Skipf("cannot link to the repository: %v", err)
	}
	dir := filepath.Join(top, "module")
	for name, content := range p.files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs a script in a folder, without the network, and returns the last line
// of its output.
func run(t *testing.T, dir, script, path string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+path, "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "CARGO_NET_OFFLINE=true",
		"CARGO_TARGET_DIR=target", "XDG_CACHE_HOME="+work)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, script, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// withCommand returns PATH with the built command line before it.
func withCommand(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("building and compiling a module takes seconds")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh on this system")
	}
	dir, err := buildCommand()
	if err != nil {
		t.Fatal(err)
	}
	return dir + string(filepath.ListSeparator) + os.Getenv("PATH")
}

var buildCommand = sync.OnceValues(func() (dir string, err error) {
	dir = filepath.Join(work, "bin")
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "../../cmd/postern").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dir, nil
})

// TestReadme follows README.md in an empty folder.
func TestReadme(t *testing.T) {
	t.Parallel()
	path := withCommand(t)
	p := readPage(t, "README.md")
	if got := run(t, p.folder(t), strings.Join(p.scripts, ""), path); got != "green" {
		t.Errorf("the last line of the output is %q, want green", got)
	}
}

const wasmTarget = "wasm32-unknown-unknown"

// toolchain is one that the README of the Rust SDK names, with what it is used by.
type toolchain struct{ name, script, path string }

// TestRustReadme follows the README of the Rust SDK in an empty folder, with one of the
// toolchains that it names and that are installed; in the long tier with all of them.
func TestRustReadme(t *testing.T) {
	t.Parallel()
	path := withCommand(t)
	p := readPage(t, "../rust/README.md")
	if len(p.scripts) != 3 {
		t.Fatalf("the page has %d scripts, want those of rustup, of Debian and of postern", len(p.scripts))
	}
	rustup, debian, use := p.scripts[0], p.scripts[1], p.scripts[2]
	var all []toolchain
	targets, err := exec.Command("rustup", "target", "list", "--installed").Output()
	if err == nil && strings.Contains(string(targets), wasmTarget) {
		all = append(all, toolchain{"rustup", strings.ReplaceAll(rustup, "rustup target add "+wasmTarget+"\n", ""), path})
	} else {
		t.Logf("rustup has no target %s", wasmTarget)
	}
	missing := slices.DeleteFunc([]string{"cargo", "rustc", "wasm-ld-22"}, func(tool string) bool {
		_, err := os.Stat("/usr/bin/" + tool)
		return err == nil
	})
	if len(missing) == 0 {
		bin, _, _ := strings.Cut(path, string(filepath.ListSeparator))
		all = append(all, toolchain{"debian", debian, bin + ":/usr/bin:/bin"}) // a cargo of rustup may come first in PATH
	} else {
		t.Logf("/usr/bin has no %s", strings.Join(missing, ", "))
	}
	if len(all) == 0 {
		t.Skip("there is no toolchain of Rust")
	}
	for c := range sample.From(t, all) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			followRust(t, p, c.script+use, c.path)
		})
	}
}

func followRust(t *testing.T, p page, script, path string) {
	t.Helper()
	dir := p.folder(t)
	lock := exec.Command("cargo", "generate-lockfile", "--offline")
	lock.Dir = dir
	if out, err := lock.CombinedOutput(); err != nil {
		t.Skipf("the crates that the SDK needs are not downloaded: %s", out)
	}
	if got := run(t, dir, script, path); got != "green" {
		t.Errorf("the last line of the output is %q, want green", got)
	}
}
