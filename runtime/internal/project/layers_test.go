package project_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers are the files of package runtime, top to bottom: a file may use what
// the files below it declare.
//
// File A points to file B if A names a constant, variable, function or type that
// B declares at package level; methods and fields are not counted, since a method
// may stand in another file than its type. An arrow to a file further up is "back
// up". The rationale lists each of them with its reason, in lines
//
//   - `a.go`, `b.go` -> `c.go`: reason
//
// below the heading backUpHeading.
var layers = []string{
	"doc.go", "decisions.go", "policyfile.go", "providers.go", "providerinfo.go", "settings.go", "module.go", "masklisted.go", "memory.go",
	"authorize.go", "writer.go", "sources.go", "client.go", "runtime.go", "pipeline.go", "feed.go", "routes.go", "provider.go", "route.go",
	"writelock.go", "released.go", "places.go", "record.go", "validate.go", "clone.go", "options.go", "errors.go", "alias.go", "embedder.go",
}

const (
	backUpHeading = "### Why do some files of package runtime point back up?"
	maxBackUp     = 12
)

func TestLayers(t *testing.T) {
	t.Parallel()
	arrows := fileArrows(t, "./runtime")
	place := map[string]int{}
	for i, name := range layers {
		place[name] = i
	}
	var back []string
	for a := range arrows {
		from, to, _ := strings.Cut(a, " -> ")
		if place[from] > place[to] {
			back = append(back, a)
		}
	}
	slices.Sort(back)
	if len(back) > maxBackUp {
		var list strings.Builder
		for _, a := range back {
			fmt.Fprintf(&list, "\t%s: %s\n", a, strings.Join(slices.Sorted(maps.Keys(arrows[a])), ", "))
		}
		t.Errorf("%d arrows of package runtime point back up, at most %d may:\n%s", len(back), maxBackUp, &list)
	}
	explained := explainedArrows(read(t, "runtime/RATIONALE.md"))
	for _, a := range back {
		if !explained[a] {
			t.Errorf("runtime: %s points back up (%s): reverse it, or give the reason in runtime/RATIONALE.md under %q",
				a, strings.Join(slices.Sorted(maps.Keys(arrows[a])), ", "), backUpHeading)
		}
	}
	for a := range explained {
		if !slices.Contains(back, a) {
			t.Errorf("runtime/RATIONALE.md gives a reason for %s, which does not point back up", a)
		}
	}
}

// TestLayersAreComplete compares layers with the files of the package, those
// for other systems included.
func TestLayersAreComplete(t *testing.T) {
	t.Parallel()
	got := slices.Sorted(maps.Keys(parsed(t, filepath.Join(root, "runtime"), notTest)))
	if want := slices.Sorted(slices.Values(layers)); !slices.Equal(got, want) {
		t.Errorf("layers lists %q; package runtime consists of %q", want, got)
	}
}

var explainedArrow = regexp.MustCompile("^- ((?:`[a-z_]+\\.go`(?:, )?)+) -> `([a-z_]+\\.go)`: .")

// explainedArrows returns the arrows for which the rationale gives a reason.
func explainedArrows(rationale string) map[string]bool {
	explained := map[string]bool{}
	_, section, _ := strings.Cut(rationale, backUpHeading+"\n")
	section, _, _ = strings.Cut(section, "\n#")
	for line := range strings.Lines(section) {
		if m := explainedArrow.FindStringSubmatch(line); m != nil {
			for from := range strings.SplitSeq(m[1], ", ") {
				explained[strings.Trim(from, "`")+" -> "+m[2]] = true
			}
		}
	}
	return explained
}

// fileArrows returns the arrows between the files of one package, "a.go -> b.go",
// each with the identifiers that it consists of.
func fileArrows(t *testing.T, pkg string) map[string]map[string]bool {
	t.Helper()
	dir, names, exports := compiled(t, pkg)
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	checked, err := config.Check(pkg, fset, files, info)
	if err != nil {
		t.Fatal(err)
	}
	arrows := map[string]map[string]bool{}
	for id, used := range info.Uses {
		if used.Parent() != checked.Scope() {
			continue
		}
		from, to := filepath.Base(fset.File(id.Pos()).Name()), filepath.Base(fset.File(used.Pos()).Name())
		if from == to {
			continue
		}
		a := from + " -> " + to
		if arrows[a] == nil {
			arrows[a] = map[string]bool{}
		}
		arrows[a][used.Name()] = true
	}
	return arrows
}

// compiled returns the folder and the Go files of a package and, by import path,
// the files with the types of everything that it imports.
func compiled(t *testing.T, pkg string) (dir string, names []string, exports map[string]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=Dir,ImportPath,GoFiles,Export", pkg)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	exports = map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p struct {
			Dir, ImportPath, Export string
			GoFiles                 []string
		}
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		dir, names = p.Dir, p.GoFiles // the package itself comes last
	}
	return dir, names, exports
}
