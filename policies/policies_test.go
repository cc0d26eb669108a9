package policies_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

var update = flag.Bool("update", false, "rewrite the generated stubs")

func load(t testing.TB, name string) *policy.Policy {
	t.Helper()
	src, ok := policies.Source(name)
	if !ok {
		t.Fatalf("no preset %q", name)
	}
	p, err := policy.Parse(name+".lua", src, policy.Options{Providers: []string{"env"}, Chain: []string{"env"}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPresets runs the tests of every preset. Each rule must take part in a decision.
func TestPresets(t *testing.T) {
	t.Parallel()
	for _, name := range policies.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := load(t, name)
			src, ok := policies.Tests(name)
			if !ok {
				t.Fatal("no tests")
			}
			r, err := policytest.RunTests(p, []policytest.File{{Name: name + "_test.lua", Source: src}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !r.OK(p.Rules()) {
				var b strings.Builder
				r.WriteText(&b)
				t.Error(b.String())
			}
			if about := about(name); !strings.HasPrefix(about, name+": ") || len(about) < 200 {
				t.Errorf("the first comment does not say when to use it: %q", about)
			}
		})
	}
}

// about returns the first comment of a preset.
func about(name string) string {
	src, _ := policies.Source(name)
	var lines []string
	for line := range strings.Lines(string(src)) {
		text, ok := strings.CutPrefix(line, "--")
		if !ok {
			break
		}
		lines = append(lines, strings.TrimSpace(text))
	}
	return strings.Join(lines, "\n")
}

// TestPresetsLint checks that presets have no findings, except the one that open is
// for.
func TestPresetsLint(t *testing.T) {
	t.Parallel()
	for _, name := range policies.Names() {
		src, _ := policies.Source(name)
		r := policy.CheckSource(name+".lua", src, policy.Options{Chain: []string{"env"}})
		want := 0
		if name == policies.Open {
			want = 1 // allows everyone everything
		}
		if len(r.Diagnostics) != want {
			t.Errorf("%s: %v", name, r.Diagnostics)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	want := []string{"break-glass", "business-hours", "ci", "deny-all", "least-privilege", "open", "team-namespaces"}
	if got := policies.Names(); !slices.Equal(got, want) {
		t.Errorf("Names = %q", got)
	}
	for _, name := range []string{"", "none", "../open", "open.lua", "stubs/postern.d"} {
		if _, ok := policies.Source(name); ok {
			t.Errorf("Source(%q) found something", name)
		}
	}
}

// TestStubsAreCurrent compares the files in stubs with what policytest returns.
func TestStubsAreCurrent(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"postern.d.lua": policytest.Stubs(), "luacheckrc": policytest.Luacheckrc()} {
		path := filepath.Join("stubs", name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, []byte(want)) {
			t.Errorf("%s is out of date (run go test ./policies -update): %v", path, err)
		}
	}
}

// TestGuide checks that the policies in README.md load without findings, and that it
// mentions every preset.
func TestGuide(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for rest := string(readme); ; blocks++ {
		_, after, ok := strings.Cut(rest, "```lua\n")
		if !ok {
			break
		}
		src, tail, _ := strings.Cut(after, "```")
		rest = tail
		if strings.Contains(src, "test(") {
			continue
		}
		r := policy.CheckSource("README.md", []byte(src), policy.Options{Chain: []string{"vault", "env", "file"}})
		if !r.OK() || len(r.Diagnostics) > 0 {
			t.Errorf("block %d: %v", blocks, r.Diagnostics)
		}
	}
	if blocks < 3 {
		t.Errorf("only %d Lua blocks found", blocks)
	}
	for _, name := range policies.Names() {
		if !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("the guide does not mention %s", name)
		}
	}
}

func ExampleSource() {
	src, _ := policies.Source(policies.Open)
	first, _, _ := strings.Cut(string(src), "\n")
	fmt.Println(first)
	// Output: -- open: everyone may do everything with every key.
}
