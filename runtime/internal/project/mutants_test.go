package project_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/postern-project/postern/testdata/sample"
)

// stageCall is a stage as pipeline.go calls it.
var stageCall = regexp.MustCompile(`(?m)^\tq\.(\w+)\((?:ctx)?\)$`)

// mutation puts a fault into one file of the library: to is code that does the
// wrong thing where the environment asks for it and the right one elsewhere.
type mutation struct {
	name, pkg, from, to string
}

// holderMutations are ways to forget who holds a value. The model of package
// holders must find each.
var holderMutations = []mutation{
	{"failed set ends the old value", "runtime",
		"\tif !written {\n", "\tif !written {\n\t\tif mutant == %q {\n\t\t\tr.places.forget(at, ^uint64(0))\n\t\t}\n"},
	{"one place for all providers", "runtime",
		"func (ps *places) place(at place) *placed {\n", "func (ps *places) place(at place) *placed {\n\tif mutant == %q {\n\t\tat.provider = \"\"\n\t}\n"},
	{"one place for all routes of a policy", "runtime",
		"at := place{p.secret.Provider(), p.key}", "at := mutantPlace(%q, q, p)"},
	{"a slow get ends the new value", "runtime",
		"\tp.dropBefore(began)\n\tp.held = append(p.held, h)", "\tif mutant == %q {\n\t\tbegan = h.last + 1\n\t}\n\tp.dropBefore(began)\n\tp.held = append(p.held, h)"},
	{"one holder ends the value for all", "runtime/redact",
		"\town.live--\n", "\town.live--\n\tif mutant == %q {\n\t\town.live = 0\n\t}\n"},
	{"the first handle is kept", "runtime/redact",
		"\t\tswitch { // not before it has a mask\n", "\t\tif fresh && mutant == %q {\n\t\t\tv.src.Store(&e.Secret)\n\t\t}\n\t\tswitch { // not before it has a mask\n"},
}

// pipelineVerbs and the tests that must miss a stage, named stage -> test.
var pipelineVerbs = []string{"get", "getmany", "set", "delete", "keys", "watch"}

var stageTests = map[string]string{
	"check": "TestEveryVerbIsChecked", "authorize": "TestEveryVerbIsAuthorized", "intent": "TestEveryVerbHasAnIntent",
	"source": "TestEveryVerbReachesItsProviders", "register": "TestEveryVerbRegistersValues",
	"outcome": "TestEveryVerbHasAnOutcome", "release": "TestEveryVerbIsReleased",
}

// file returns the file of the package in which the text of the mutation stands, once.
func (h mutation) file(t *testing.T) (name string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, h.pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if in := strings.Count(string(src), h.from); in > 0 {
			n, name = n+in, h.pkg+"/"+filepath.Base(f)
		}
	}
	if n != 1 {
		t.Fatalf("mutation %q: its text stands %d times in %s, want once: follow the code", h.name, n, h.pkg)
	}
	return name
}

// TestMutationsMatchTheStructure is the quick part of TestPipelineStagesAreNeeded.
func TestMutationsMatchTheStructure(t *testing.T) {
	t.Parallel()
	for _, h := range holderMutations {
		h.file(t)
	}
}

// TestPipelineStagesAreNeeded builds package runtime with a switch at each stage
// of the pipeline and runs its tests: each verb passes each stage once, and
// without one of them a test fails: each stage is left out of one verb, and of all in the
// long tier. The same build holds the faults of [holderMutations].
func TestPipelineStagesAreNeeded(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds a test binary")
	}
	m := newMutants(t)
	m.edit("runtime/pipeline.go", func(src string) string {
		return stageCall.ReplaceAllStringFunc(src, func(call string) string {
			name := stageCall.FindStringSubmatch(call)[1]
			if stageTests[name] == "" {
				t.Fatalf("the stage %s has no test: name it in stageTests", name)
			}
			return fmt.Sprintf("\tif q.passes(%q) {\n\t%s\n\t}", name, call)
		})
	})
	for _, h := range holderMutations {
		m.edit(h.file(t), func(src string) string {
			return strings.Replace(src, h.from, fmt.Sprintf(h.to, h.name), 1)
		})
	}
	m.build()

	if out, err := m.run("runtime", "", "^TestEachVerbPassesEachStageOnce$|^TestEveryVerb"); err != nil {
		t.Fatalf("the build without a fault fails: %v\n%s", err, out)
	}
	// Most of the time is spent waiting for what a faulty build never does.
	var all sync.WaitGroup
	slots := make(chan struct{}, 8)
	try := func(pkg, fault, tests string) {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if out, err := m.run(pkg, fault, tests); err == nil {
				t.Errorf("no test of %s notices the fault %q:\n%s", pkg, fault, out)
			}
		})
	}
	for _, stage := range slices.Sorted(maps.Keys(stageTests)) { // a seed makes the same choice again
		for verb := range sample.From(t, pipelineVerbs) {
			try("runtime", stage+"/"+verb, "^"+stageTests[stage]+"$/^"+verb+"$")
		}
	}
	for _, h := range holderMutations {
		try("runtime/internal/maskmodel", h.name, "^TestMaskingFollowsHolders$")
	}
	all.Wait()
}

// mutants is an overlay over package runtime and the test binary made with it.
type mutants struct {
	t       *testing.T
	root    string
	dir     string
	sources map[string]string // file -> its text in the overlay
}

func newMutants(t *testing.T) *mutants {
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	m := &mutants{t: t, root: top, dir: t.TempDir(), sources: map[string]string{}}
	for from, to := range map[string]string{"skip.go.txt": "zz_mutant.go", "count_test.go.txt": "zz_mutant_test.go"} {
		b, err := os.ReadFile(filepath.Join("testdata", "mutants", from))
		if err != nil {
			t.Fatal(err)
		}
		m.sources[filepath.Join("runtime", to)] = string(b)
	}
	m.sources[filepath.Join("runtime", "redact", "zz_mutant.go")] = "package redact\n\nimport \"os\"\n\nvar mutant = os.Getenv(\"POSTERN_TEST_MUTANT\")\n"
	var stages []string
	for s := range stageTests {
		stages = append(stages, s)
	}
	m.sources[filepath.Join("runtime", "zz_mutant.go")] += fmt.Sprintf("\nvar stages = %#v\n", stages)
	return m
}

// edit changes the text of a file in the overlay.
func (m *mutants) edit(file string, f func(string) string) {
	src, ok := m.sources[file]
	if !ok {
		b, err := os.ReadFile(filepath.Join(m.root, file))
		if err != nil {
			m.t.Fatal(err)
		}
		src = string(b)
	}
	m.sources[file] = f(src)
}

func (m *mutants) build() {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, src := range m.sources {
		path := filepath.Join(m.dir, strings.ReplaceAll(file, string(filepath.Separator), "_"))
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			m.t.Fatal(err)
		}
		overlay.Replace[filepath.Join(m.root, file)] = path
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		m.t.Fatal(err)
	}
	list := filepath.Join(m.dir, "overlay.json")
	if err := os.WriteFile(list, b, 0o600); err != nil {
		m.t.Fatal(err)
	}
	for _, pkg := range []string{"runtime", "runtime/internal/maskmodel"} {
		cmd := exec.Command("go", "test", "-c", "-overlay", list, "-o", m.binary(pkg), "./"+pkg)
		cmd.Dir = m.root
		if out, err := cmd.CombinedOutput(); err != nil {
			m.t.Fatalf("building the mutants: %v\n%s", err, out)
		}
	}
}

func (m *mutants) binary(pkg string) string { return filepath.Join(m.dir, path.Base(pkg)+".test") }

// run runs the tests of a package that match with one fault, "" for none.
func (m *mutants) run(pkg, fault, tests string) ([]byte, error) {
	m.t.Helper()
	cmd := exec.CommandContext(m.t.Context(), m.binary(pkg), "-test.run", tests, "-test.timeout", "3m")
	cmd.Dir = filepath.Join(m.root, pkg)
	cmd.Env = append(os.Environ(), "POSTERN_TEST_MUTANT="+fault)
	return cmd.CombinedOutput()
}
