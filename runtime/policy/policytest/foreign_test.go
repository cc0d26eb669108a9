package policytest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

// TestPoliciesOfOtherSystems runs the tests of policies ported from other systems. The
// comment in each lists what had to be expressed differently, or cannot be expressed.
func TestPoliciesOfOtherSystems(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../testdata/policy/foreign/*.lua")
	if err != nil {
		t.Fatal(err)
	}
	policies, checks := 0, 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.lua") {
			continue
		}
		policies++
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		p, err := policy.Parse(name, src, policy.Options{Chain: []string{"env"}})
		if err != nil {
			t.Error(err)
			continue
		}
		tests, err := os.ReadFile(strings.TrimSuffix(file, ".lua") + "_test.lua")
		if err != nil {
			t.Fatal(err)
		}
		r, err := policytest.RunTests(p, []policytest.File{{Name: name, Source: tests}}, nil)
		if err != nil || !r.OK(p.Rules()) {
			var b strings.Builder
			_ = r.WriteText(&b)
			t.Errorf("%s: %v\n%s", name, err, b.String())
		}
		if found := policy.CheckSource(name, src, policy.Options{Chain: []string{"env"}}).Diagnostics; len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
		for _, result := range r.Tests {
			checks += result.Checks
		}
	}
	if policies != 30 || checks < 150 {
		t.Errorf("%d policies with %d checks, want 30 policies with at least 150 checks", policies, checks)
	}
}
