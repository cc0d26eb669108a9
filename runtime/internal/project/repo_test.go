package project_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

// root is the top of the repository, seen from this package.
const root = "../../.."

// modulePath is the path of the main module.
const modulePath = "github.com/postern-project/postern"

// listed is what go list reports about one package, for all systems together.
type listed struct {
	Dir          string
	ImportPath   string
	Name         string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// room returns the import path without the module, "" for the module itself.
func (p listed) room() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, modulePath), "/")
}

// public reports whether users may import the package.
func (p listed) public() bool {
	return p.Name != "main" && !strings.Contains("/"+p.ImportPath+"/", "/internal/") && !strings.HasPrefix(p.room(), "examples/")
}

// tests returns the imports of its tests.
func (p listed) tests() []string {
	return slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(p.TestImports), p.XTestImports...))))
}

// systems are the targets for which imports are listed: build tags hide imports
// on the others.
var systems = []string{"linux/amd64", "darwin/arm64", "windows/amd64", "wasip1/wasm"}

// packages lists the packages of the main module.
func packages(t *testing.T) []listed {
	t.Helper()
	merged := map[string]listed{}
	for _, system := range systems {
		for _, p := range list(t, root, system) {
			m, ok := merged[p.ImportPath]
			if !ok {
				m = p
			}
			m.Imports = append(m.Imports, p.Imports...)
			m.TestImports = append(m.TestImports, p.TestImports...)
			m.XTestImports = append(m.XTestImports, p.XTestImports...)
			merged[p.ImportPath] = m
		}
	}
	var all []listed
	for _, p := range merged {
		p.Imports = slices.Compact(slices.Sorted(slices.Values(p.Imports)))
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b listed) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return all
}

func list(t *testing.T, dir, system string) []listed {
	t.Helper()
	goos, goarch, _ := strings.Cut(system, "/")
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=Dir,ImportPath,Name,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list printed no JSON: %v", err)
		}
		all = append(all, p)
	}
}

// files returns the repository's files, as slash paths from its top: what git
// tracks or would track.
func files(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("not in a git checkout: %v", err)
	}
	var all []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if info, err := os.Lstat(filepath.Join(root, name)); err == nil && info.Mode().IsRegular() {
			all = append(all, name)
		}
	}
	return all
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
