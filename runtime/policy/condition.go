package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/policy/internal/patterns"
)

// Condition is a condition of a rule: without it, the rule would match more requests.
type Condition struct {
	Rule  RuleRef `json:"rule"`
	Field string  `json:"field"` // for example "roles", "roles.none" or "labels.team"
}

// String describes the condition.
func (c Condition) String() string {
	return fmt.Sprintf("%s of %s %q", c.Field, c.Rule.Kind, c.Rule.Name)
}

const labelPrefix = "labels."

// Conditions returns the conditions of all rules, as they were built, in the order of
// the rules. A field that holds for every request is not among them: keys and callers
// "**", all operations, the zone UTC.
func (p *Policy) Conditions() (all []Condition) {
	for i, ref := range p.RuleRefs() {
		for _, field := range p.rules[i].conditions() {
			all = append(all, Condition{ref, field})
		}
	}
	return all
}

// Without returns p without a condition that [Policy.Conditions] returned. It has the
// Revision and the warnings of p.
func (p *Policy) Without(c Condition) *Policy {
	rules := slices.Clone(p.rules)
	for i, ref := range p.RuleRefs() {
		if ref == c.Rule {
			rules[i] = rules[i].without(c.Field)
		}
	}
	return &Policy{
		opts: p.opts, file: p.file, revision: p.revision, rules: rules, index: buildIndex(rules), box: p.box,
		hasChain: p.hasChain, splitsSet: splitsSet(rules), used: p.used, warnings: p.warnings,
	}
}

func (r *rule) conditions() (fields []string) {
	roles := patterns.Roles{}
	if r.groups != nil {
		roles = *r.groups
	}
	for _, c := range []struct {
		field string
		given bool
	}{
		{"keys", !slices.ContainsFunc(r.keys, (*glob.Glob).MatchesAll)},
		{"ops", r.ops != opsAll},
		{"roles", len(r.roles)+len(roles.Any) > 0},
		{"roles.all", len(roles.All) > 0},
		{"roles.none", len(roles.None) > 0},
		{"callers", len(r.callers) > 0 && !slices.ContainsFunc(r.callers, (*glob.Glob).MatchesAll)},
	} {
		if c.given {
			fields = append(fields, c.field)
		}
	}
	for _, l := range r.labels {
		fields = append(fields, labelPrefix+l.name)
	}
	if r.window != nil {
		fields = append(fields, r.window.Conditions()...)
	}
	if r.when != nil {
		fields = append(fields, fieldWhen)
	}
	return fields
}

// without returns a copy of r without one of its conditions.
func (r *rule) without(field string) *rule {
	c := *r
	if r.groups != nil {
		roles := *r.groups
		c.groups = &roles
	}
	label, ofLabel := strings.CutPrefix(field, labelPrefix)
	switch {
	case ofLabel:
		c.labels = slices.DeleteFunc(slices.Clone(r.labels), func(l labelGlob) bool { return l.name == label })
	case field == "keys":
		all, _ := glob.ParseKey("**") // which is a pattern
		c.keys = glob.List{all}
	case field == "ops":
		c.ops = opsAll
	case field == "roles":
		if c.roles = nil; c.groups != nil {
			c.groups.Any = nil
		}
	case field == "roles.all":
		c.groups.All = nil
	case field == "roles.none":
		c.groups.None = nil
	case field == "callers":
		c.callers = nil
	case field == fieldWhen:
		c.when = nil
	default:
		w := r.window.Without(field)
		c.window = &w
	}
	return &c
}
