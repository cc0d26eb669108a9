package main

import (
	"os"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

func TestAccessPolicy(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), &out, "."); err != nil {
		t.Fatal(err)
	}
	want := `ann has prod/db/password
bob is refused: get "prod/db/password": denied: no_rule: no policy rule allows this
ann is refused: get "team/blue/token": denied: no_rule: no policy rule allows this
bob has team/blue/token
ann is refused: set "prod/db/password": denied: denied_by_rule "prod-is-read-only" (policy.lua:5): production changes through the pipeline
bob would need allow "ops": [roles (needs one of [ops])]
`
	if out.String() != want {
		t.Errorf("output:\n%s\nwant:\n%s", out.String(), want)
	}
}

// TestPolicy runs the tests of the policy. Together they hit every rule.
func TestPolicy(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("policy.lua", policy.Options{Chain: []string{"store"}})
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("policy_test.lua")
	if err != nil {
		t.Fatal(err)
	}
	r, err := policytest.RunTests(p, []policytest.File{{Name: "policy_test.lua", Source: tests}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK(p.Rules()) {
		var b strings.Builder
		_ = r.WriteText(&b)
		t.Error(b.String())
	}
}
