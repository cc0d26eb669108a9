package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
)

// ruleOf is a rule of a random policy about the callers and roles that it names.
type ruleOf struct {
	name           string
	deny           bool
	callers, roles []string // a caller that ends in "*" is a pattern
}

func (r ruleOf) matches(caller string, roles []string) bool {
	called := len(r.callers) == 0 || slices.ContainsFunc(r.callers, func(c string) bool {
		return c == caller || strings.HasSuffix(c, "*") && strings.HasPrefix(caller, strings.TrimSuffix(c, "*"))
	})
	has := len(r.roles) == 0 || slices.ContainsFunc(r.roles, func(role string) bool { return slices.Contains(roles, role) })
	return called && has
}

func (r ruleOf) lua() string {
	kind := "allow"
	if r.deny {
		kind = "deny"
	}
	list := func(name string, of []string) string {
		if len(of) == 0 {
			return ""
		}
		return fmt.Sprintf(`, %s = { "%s" }`, name, strings.Join(of, `", "`))
	}
	return fmt.Sprintf("%s { %q, ops = \"get\", keys = \"**\"%s%s }\n", kind, r.name, list("callers", r.callers), list("roles", r.roles))
}

// some returns at most n of the names.
func some(random *rand.Rand, n int, names ...string) (out []string) {
	for range random.IntN(n + 1) {
		out = append(out, names[random.IntN(len(names))])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Rules that are stored by caller or role decide as a search of all rules in their order
// does, however many there are.
func TestP1RulesByCallerDecideInOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(11, 12))
	callers := []string{"a", "b", "c", "app", "app2", "app*", "web"}
	roles := []string{"x", "y", "z"}
	byRule := map[bool]int{}
	for range 200 {
		rules := make([]ruleOf, 1+random.IntN(60))
		var text strings.Builder
		for i := range rules {
			rules[i] = ruleOf{fmt.Sprintf("r%d", i), random.IntN(4) == 0, some(random, 3, callers...), some(random, 1, roles...)}
			if len(rules[i].callers)+len(rules[i].roles) == 0 {
				rules[i].callers = []string{"nobody"}
			}
			text.WriteString(rules[i].lua())
		}
		p := parse(t, text.String())
		for range 40 {
			caller, has := []string{"a", "b", "c", "app", "app2", "web", "other", ""}[random.IntN(8)], some(random, 3, roles...)
			want := ""
			for _, deny := range []bool{true, false} {
				if i := slices.IndexFunc(rules, func(r ruleOf) bool { return r.deny == deny && r.matches(caller, has) }); i >= 0 && want == "" {
					want = rules[i].name
				}
			}
			d := p.Decide(policy.Request{Caller: caller, Roles: has, Op: policy.OpGet, Key: "k", Time: noon})
			if d.Rule != want {
				t.Fatalf("caller %q with roles %q: rule %q, want %q of\n%s", caller, has, d.Rule, want, text.String())
			}
			byRule[d.Allow]++
		}
	}
	if byRule[true] < 1000 || byRule[false] < 1000 {
		t.Errorf("%d allowed, %d not", byRule[true], byRule[false])
	}
}
