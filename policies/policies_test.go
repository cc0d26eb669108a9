package policies_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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
			want = 1 // lets everyone do everything
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

// equivalents are mutants that decide every request like the preset, with the reason.
var equivalents = map[string]string{
	"break-glass: allow BREAK-GLASS: without when": "no-ticket denies the role every request without a ticket",
	"break-glass: redact everything: removed":      "a value without a redact rule is masked in full as well",
	"ci: redact everything: removed":               "a value without a redact rule is masked in full as well",
	"ci: allow test-keys: without ops":             "jobs-never-write denies the role all changes",
	"ci: allow test-keys: read widened to *":       "jobs-never-write denies the role all changes",
	"ci: allow repo-keys: without ops":             "jobs-never-write denies the role all changes",
	"ci: allow repo-keys: read widened to *":       "jobs-never-write denies the role all changes",
}

// TestPresetTestsNoticeEveryMutant changes each preset in many small ways, and runs its
// tests. A mutant that they do not notice must be equivalent.
func TestPresetTestsNoticeEveryMutant(t *testing.T) {
	t.Parallel()
	total, equivalent := 0, 0
	for _, name := range policies.Names() {
		p := load(t, name)
		src, _ := policies.Source(name)
		tests, _ := policies.Tests(name)
		mutants := policytest.Mutants(p, src)
		total += len(mutants)
		survivors, err := policytest.Survivors(p, mutants, []policytest.File{{Name: name + "_test.lua", Source: tests}})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range survivors {
			id := name + ": " + m.String()
			if equivalents[id] == "" {
				t.Errorf("the tests do not notice %q (line %d)", id, m.Rule.Line)
				continue
			}
			equivalent++
			decidesAlike(t, id, p, m, string(src)+string(tests))
		}
	}
	t.Logf("%d mutants, %d of them equivalent", total, equivalent)
	if total < 150 || equivalent != len(equivalents) {
		t.Errorf("%d mutants, %d of them equivalent; the list has %d", total, equivalent, len(equivalents))
	}
}

// decidesAlike compares a preset and a mutant on random requests made of the words in
// the preset and its tests.
func decidesAlike(t *testing.T, id string, p *policy.Policy, m policytest.Mutant, text string) {
	t.Helper()
	changed, err := policy.Parse(p.File(), m.Source, p.Options())
	if err != nil {
		t.Fatal(err)
	}
	var words, keys []string
	for _, match := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(text, -1) {
		words = append(words, match[1])
		if d := p.Decide(policy.Request{Op: policy.OpGet, Key: match[1], Time: time.Unix(1, 0)}); d.Code != policy.PolicyError {
			keys = append(keys, match[1])
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	for range 10_000 {
		req := policy.Request{
			Caller: pick(words), Op: policy.Op(1 + r.IntN(int(policy.OpUpdate))), Key: pick(keys), Labels: map[string]string{},
			Time: time.Unix(1_767_225_600+r.Int64N(366*24*3600), 0),
		}
		if r.IntN(3) == 0 {
			req.Key += "/" + pick(keys)
		}
		for range r.IntN(3) {
			req.Roles = append(req.Roles, pick(words))
			req.Labels[pick([]string{"ticket", "event", "branch", "repo", "team", "active"})] = pick(words)
		}
		a, b := p.Decide(req), changed.Decide(req)
		if a.Allow != b.Allow || maskOf(p, req.Key) != maskOf(changed, req.Key) || !slices.Equal(a.Providers, b.Providers) {
			t.Fatalf("%s decides %+v differently: %+v, want %+v", id, req, b, a)
		}
	}
}

func maskOf(p *policy.Policy, key string) policy.Mask {
	m, _ := p.Mask(key)
	if m.Mode == "" {
		m.Mode = "full" // what applies without a rule
	}
	return m
}
