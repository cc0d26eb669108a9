package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/testdata/sample"
)

// TestRoutesAgreesWithDecide checks that Routes returns exactly the providers that
// Decide returns for some key, for policies without predicates.
func TestRoutesAgreesWithDecide(t *testing.T) {
	t.Parallel()
	var r *rand.Rand
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	globs := []string{"a", "b", "a/**", "b/**", "a/b/**", "**", "a/x", "b/x", "**/x"}
	providers := []string{"p", "q", "s"}
	var keys []string
	for _, a := range []string{"a", "b", "c", "ab"} {
		keys = append(keys, a)
		for _, b := range []string{"a", "b", "x", "y"} {
			keys = append(keys, a+"/"+b, a+"/"+b+"/x", a+"/"+b+"/z")
		}
	}
	nobody, exact, wider := 0, 0, 0
	for _, r = range sample.Rounds(t, 3000) {
		var src strings.Builder
		for i := range 1 + r.IntN(7) {
			kind := pick("allow", "allow", "allow", "deny", "chain", "chain", "pin")
			fmt.Fprintf(&src, "%s { \"r%d\", keys = %q", kind, i, pick(globs...))
			if kind != "pin" && r.IntN(2) == 0 {
				fmt.Fprintf(&src, ", roles = %q", pick("dev", "ops"))
			}
			switch kind {
			case "chain":
				fmt.Fprintf(&src, ", providers = { %q, %q }", pick("p", "q"), "s")
			case "pin":
				fmt.Fprintf(&src, ", provider = %q", pick(providers...))
			}
			src.WriteString(" }\n")
		}
		p, err := policy.Parse("p.lua", []byte(src.String()), policy.Options{Providers: providers, Chain: []string{"p", "q"}})
		if err != nil {
			t.Fatalf("%v\n%s", err, &src)
		}
		req := policy.Request{Roles: []string{pick("dev", "ops")}, Op: policy.OpKeys, Time: noon, Key: pick("", "a", "b/", "a/b/")}
		got := p.Routes(req)
		var want []string
		for _, key := range keys {
			one := req
			one.Key = key
			if !strings.HasPrefix(key, req.Key) {
				continue
			}
			for _, name := range p.Decide(one).Providers {
				if !slices.Contains(got.Providers, name) {
					t.Fatalf("Decide(%q) returns %q, Routes below %q only %q, under\n%s", key, name, req.Key, got.Providers, &src)
				}
				if !slices.Contains(want, name) {
					want = append(want, name)
				}
			}
		}
		switch {
		case len(want) == 0 && len(got.Providers) == 0:
			nobody++
		case len(want) == len(got.Providers):
			exact++
		default:
			wider++
			t.Logf("below %q by %q: got %q, want %q\n%s", req.Key, req.Roles, got.Providers, want, &src)
		}
	}
	t.Logf("nobody %d, exact %d, wider than needed %d", nobody, exact, wider)
	if nobody < sample.Times(300) || exact < sample.Times(800) || wider > 0 {
		t.Errorf("nobody %d, exact %d, wider than needed %d; want none wider", nobody, exact, wider)
	}
}

// What decides a set as a creation and as an update says so of its routes and of the next
// change, too.
func TestFormsOfASetHaveRoutesAndChanges(t *testing.T) {
	t.Parallel()
	p := parse(t, `allow { "u", keys = "**", ops = "update" } allow { "c", keys = "**", ops = "create", hours = "08:00-18:00" }`)
	at := func(hour int) policy.Request {
		return policy.Request{Op: policy.OpSet, Key: "k", Time: time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC)}
	}
	if next := p.NextChange(at(7)); next.Hour() != 8 {
		t.Errorf("NextChange at 7:00 = %v", next)
	}
	if next := p.NextChange(at(9)); next.Hour() != 18 {
		t.Errorf("NextChange at 9:00 = %v", next)
	}
	d, routes := p.Decide(at(9)), p.Routes(at(9))
	if !d.Allow || !slices.Equal(routes.Providers, d.Providers) {
		t.Errorf("Decide = %v, Routes = %v", d.Providers, routes)
	}
}
