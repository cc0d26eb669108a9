// Package lint finds probable mistakes in a policy that loads: rules that have no
// effect, that allow everything, or that say something else than was meant. Start
// with [Check].
package lint

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/policy/internal/window"
)

// Kind is the kind of a rule.
type Kind string

// The kinds of rules.
const (
	Deny   Kind = "deny"
	Allow  Kind = "allow"
	Chain  Kind = "chain"
	Redact Kind = "redact"
	Pin    Kind = "pin"
)

// Rule is what lint sees of a rule.
type Rule struct {
	Kind Kind
	Name string
	File string
	Line int

	Keys      glob.List
	Ops       uint8 // one bit for each operation
	AnyRole   glob.List
	AllRoles  glob.List
	NoRoles   glob.List
	Callers   glob.List
	Labels    []Label
	Window    *window.Window
	When      bool // it has a predicate
	Reason    bool
	Providers []string // nil for a hook
	Mode      string
}

// Label is a label that a rule requires.
type Label struct {
	Name  string
	Value *glob.Glob
}

// Policy is what lint sees of a policy.
type Policy struct {
	File   string
	Source []byte // of File
	Rules  []Rule
	Chain  []string // configured; nil if unknown

	// The operations of each kind: Reads return a value, Lists only keys.
	Reads, Lists, Sets, Deletes uint8
}

// Finding is a probable mistake.
type Finding struct {
	ID   string // one of [IDs]
	File string
	Line int
	Rule string // kind and name, "" if it is not about one rule
	Msg  string
}

// IDs returns the identifiers of all findings, with a description of each.
func IDs() map[string]string {
	return map[string]string{
		"allow-everything":   "A rule lets every caller read, list or write all keys.",
		"allow-never":        "Deny rules cover all that a rule allows.",
		"no-allow":           "No rule allows anything.",
		"rule-covered":       "Another rule of the same kind already covers all that a rule says.",
		"rule-unreachable":   "Earlier rules cover all keys of a rule of which the first match wins.",
		"deny-idle":          "A rule denies only what no rule allows.",
		"mask-idle":          "A rule sets the mask of keys that nobody may read.",
		"mask-nothing":       "A rule shows every value in full.",
		"pin-idle":           "A provider is pinned that is in no chain of these keys.",
		"chain-gap":          "A rule allows keys for which no chain rule selects providers.",
		"when-constant":      "A predicate always has the same result.",
		"when-result":        "A predicate may return something else than true or false.",
		"star-name":          "A name is \"*\" where any name was probably meant.",
		"deny-one-read":      "A rule denies get or watch, and the other one is allowed.",
		"when-both-absent":   "A predicate compares two labels, which are equal if neither is set.",
		"odd-name":           "A name of a caller, role or label looks like a list, a negation or a pattern of another language.",
		"name-case":          "Two names of callers, roles or labels differ only in upper and lower case.",
		"label-field":        "A label has the name of a field of a rule.",
		"pattern-covered":    "A caller or role beside a wider pattern has no effect.",
		"role-excluded":      "A role is named that \"none\" of the same rule excludes.",
		"time-idle":          "Hours or days restrict nothing.",
		"rule-not-declared":  "A declaration was not run.",
		"when-contradiction": "A predicate contradicts the other conditions of its rule.",
		"when-unreachable":   "Statements of a predicate are never reached.",
		"when-short-key":     "A predicate reads a segment that some keys of the rule do not have.",
		"hook-result":        "A chain hook returns something else than a list.",
		"key-case":           "Two patterns differ only in upper and lower case.",
		"empty-segment":      "A pattern has an empty segment.",
		"reason-unused":      "A reason is given where none is shown.",
		"many-rules":         "There are too many rules to compare them with each other.",
	}
}

const (
	maxCompared = 3000    // rules
	budget      = 300_000 // steps of all comparisons of patterns together
)

// linter collects the findings about one policy.
type linter struct {
	Policy
	facts  map[string]facts // by kind and name
	stmts  []ast.Stmt       // of the file
	budget glob.Budget
	open   []bool // by rule: it is for everyone and all keys
	out    []Finding
}

// Check returns the findings, sorted by line.
func Check(p Policy) []Finding {
	l := &linter{Policy: p, budget: budget, open: make([]bool, len(p.Rules))}
	l.facts, l.stmts = factsOf(p.Source)
	for i := range l.Rules {
		l.alone(i)
	}
	l.cases()
	l.nameCases()
	l.notDeclared()
	if len(l.Rules) > maxCompared {
		l.out = append(l.out, Finding{ID: "many-rules", File: p.File, Msg: fmt.Sprintf("more than %d rules; they were not compared with each other", maxCompared)})
	} else {
		for i := range l.Rules {
			l.compare(i)
		}
		l.policy()
	}
	sort.SliceStable(l.out, func(i, j int) bool { return l.out[i].Line < l.out[j].Line })
	return l.out
}

func (l *linter) report(id string, r *Rule, format string, args ...any) {
	l.out = append(l.out, Finding{id, r.File, r.Line, fmt.Sprintf("%s %.64q", r.Kind, r.Name), fmt.Sprintf(format, args...)})
}

// alone looks at one rule.
func (l *linter) alone(i int) {
	r := &l.Rules[i]
	f := l.facts[string(r.Kind)+" "+r.Name]
	if r.File != l.File {
		f = facts{}
	}
	always := f.constant != nil && *f.constant
	if r.Kind == Allow && r.everyone(always) && l.coversAllKeys(r.Keys) {
		l.open[i] = true
		l.report("allow-everything", r, "lets everyone %s, except for what a deny rule covers", l.does(r.Ops))
	}
	if r.Kind == Redact && r.Mode == "none" && l.coversAllKeys(r.Keys) {
		l.report("mask-nothing", r, "shows every value in full")
	}
	if r.Reason && r.Kind == Allow {
		l.report("reason-unused", r, "the reason of an allow rule is never shown")
	}
	for _, list := range []glob.List{r.Callers, r.AnyRole, r.AllRoles, r.NoRoles} {
		for _, g := range list {
			if emptySegment(g.String()) {
				l.report("empty-segment", r, "%.64q has an empty segment", g)
			}
		}
	}
	l.names(r)
	l.predicate(r, f)
}

// does says what these operations do with all keys. Listing is not said beside reading.
func (l *linter) does(ops uint8) string {
	var verbs []string
	switch {
	case ops&l.Reads != 0:
		verbs = append(verbs, "read")
	case ops&l.Lists != 0:
		verbs = append(verbs, "list")
	}
	if ops&l.Sets != 0 {
		verbs = append(verbs, "write")
	}
	if ops&l.Deletes != 0 {
		verbs = append(verbs, "delete")
	}
	if ops == l.Reads|l.Lists|l.Sets|l.Deletes {
		return "do everything"
	}
	return strings.Replace(strings.Join(verbs, " and "), " and ", ", ", len(verbs)-2) + " all keys"
}

// predicate looks at the predicate or hook of a rule.
func (l *linter) predicate(r *Rule, f facts) {
	switch {
	case f.constant != nil && r.When:
		l.report("when-constant", r, "when always returns %v", *f.constant)
	case f.text && r.Kind == Chain && !r.When:
		l.report("hook-result", r, `providers must return a list, such as { "env" }`)
	}
	if r.When && f.results&(isNil|isOther) != 0 {
		l.report("when-result", r, "when may return something else than true or false, which is an error: an allow rule does not match then, a deny rule does")
	}
	if field := r.contradicts(f.required, f.param); field != "" {
		l.report("when-contradiction", r, "never matches: when requires what %s excludes", field)
	}
	if f.bothAbsent != "" {
		l.report("when-both-absent", r, "%s is compared with another label or role: the two are equal if neither is set", f.bothAbsent)
	}
	for _, prefix := range f.prefixes {
		none := func(g *glob.Glob) bool {
			exists, decided := l.budget.Exists(glob.List{g}, nil, prefix)
			return decided && !exists
		}
		if !slices.ContainsFunc(r.Keys, func(g *glob.Glob) bool { return !none(g) }) {
			l.report("when-contradiction", r, "never matches: no key of the rule starts with %.64q", prefix)
		}
	}
	if f.unreachable > 0 {
		l.out = append(l.out, Finding{"when-unreachable", r.File, f.unreachable, string(r.Kind) + fmt.Sprintf(" %.64q", r.Name), "the statements after this return are never reached"})
	}
	for _, label := range r.Labels {
		if want, ok := f.labels[label.Name]; ok && !label.Value.Match(want) && (want != "" || !label.Value.MatchesAll()) {
			l.report("when-contradiction", r, "never matches: labels want %s = %.64q, when wants %.64q", label.Name, label.Value, want)
		}
	}
	for _, g := range r.Keys {
		if n := shortest(g); f.segment > n {
			l.report("when-short-key", r, "when reads segment %d, but %.64q matches keys with fewer; it is \"\" then", f.segment, g)
			break
		}
	}
}

// shortest returns the number of segments of the shortest key that g matches.
func shortest(g *glob.Glob) int {
	n, deep := 0, 0
	for _, s := range splitSlash(g.String()) {
		if n++; s == "**" {
			deep++
		}
	}
	if text := g.String(); deep > 0 && (text == "**" || text[max(0, len(text)-3):] == "/**") {
		deep-- // at the end it is at least one
	}
	return n - deep
}

// everyone reports whether r has no condition on the caller or the time. always means
// that its predicate, if there is one, is true.
func (r *Rule) everyone(always bool) bool {
	return r.anyCaller() && r.Window == nil && (!r.When || always)
}

func (r *Rule) anyCaller() bool {
	return len(r.AnyRole)+len(r.AllRoles)+len(r.NoRoles)+len(r.Labels) == 0 &&
		(len(r.Callers) == 0 || slices.ContainsFunc(r.Callers, (*glob.Glob).MatchesAll))
}

func (l *linter) coversAllKeys(keys glob.List) bool {
	all, err := glob.ParseKey("**")
	return err == nil && l.covered(glob.List{all}, keys)
}

// covered reports whether every key of inner certainly matches a pattern of outer.
func (l *linter) covered(inner, outer glob.List) bool {
	for _, g := range inner {
		if outer.Covers(glob.List{g}) {
			continue
		}
		if exists, decided := l.budget.Exists(glob.List{g}, outer, ""); exists || !decided {
			return false
		}
	}
	return true
}

// overlap reports whether some key may match both lists.
func (l *linter) overlap(a, b glob.List) bool {
	for _, x := range a {
		for _, y := range b {
			if exists, decided := l.budget.Exists(glob.List{x, y}, nil, ""); exists || !decided {
				return true
			}
		}
	}
	return false
}
