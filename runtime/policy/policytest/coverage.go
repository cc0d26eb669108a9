package policytest

import (
	"fmt"

	"github.com/postern-project/postern/runtime/policy"
)

// hitRules is the set of rules that took part in a decision.
type hitRules map[ruleID]bool

type ruleID struct{ kind, name string }

// idOf identifies a rule. Allow and deny rules share one namespace, so the name
// alone identifies a rule.
func idOf(kind, name string) ruleID {
	if kind == "deny" {
		kind = "allow"
	}
	return ruleID{kind, name}
}

// add notes the rules of one decision. A chain or mask of a denied request counts
// only if the test checks it.
func (h hitRules) add(x policy.Explanation, checksChain, checksMask bool) {
	d := x.Decision
	h[idOf("allow", d.Rule)] = true
	if d.Allow || checksChain {
		h[idOf("chain", x.Chain)] = true
	}
	if d.Allow || checksMask {
		h[idOf("redact", x.MaskRule)] = true
	}
	h[idOf("pin", x.PinRule)] = true
}

// missing returns the rules of p that took part in no decision.
func (h hitRules) missing(p *policy.Policy) []policy.RuleRef {
	never := []policy.RuleRef{}
	for _, r := range p.RuleRefs() {
		if !h[idOf(r.Kind, r.Name)] {
			never = append(never, r)
		}
	}
	return never
}

// Coverage returns one line: how many rules were hit, and which never were.
func (r Report) Coverage() string {
	s := fmt.Sprintf("rules hit %d/%d", r.Hit, r.Rules)
	for i, ref := range r.NeverHit {
		sep := ", "
		if i == 0 {
			sep = ", never hit: "
		}
		s += fmt.Sprintf("%s%s %s (line %d)", sep, ref.Kind, ref.Name, ref.Line)
	}
	if r.Conditions > 0 {
		s += fmt.Sprintf("; conditions decisive %d/%d", r.Decisive, r.Conditions)
	}
	return s
}
