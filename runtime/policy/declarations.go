package policy

import (
	"errors"
	"fmt"
	"slices"

	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/std"
)

// sandbox returns the sandbox of a policy.
func sandbox(limits Limits) *luabox.Sandbox {
	c := std.Config(luabox.Limits(limits))
	c.Declare = kindNames[:]
	c.Predicates = []string{fieldWhen, fieldProviders}
	return luabox.New(c)
}

// declarations collects the rules that a policy declares while it is loaded.
type declarations struct {
	providers []string // known providers; nil accepts any
	rules     []*rule
	lines     map[string]int // line of each rule, by ruleID
}

var _ luabox.Declarer = (*declarations)(nil)

// Declare adds one rule.
func (d *declarations) Declare(c luabox.Call) {
	b := newRuleBuilder(c, d.providers)
	b.index = len(d.rules)
	t, ok := c.Arg(1).AsTable()
	if !ok {
		c.Throw(b.loadError(fmt.Errorf("want a table: %s { \"name\", ... }", b.kind)))
	}
	if c.Args() > 1 {
		c.Throw(b.loadError(errors.New("want one table: a second argument has no effect")))
	}
	c.Spend(4, 512)
	err := b.fill(t)
	if err == nil {
		err = d.checkName(&b.rule)
	}
	if err != nil {
		c.Throw(b.loadError(err))
	}
	c.Freeze(1, b.describe())
	c.Spend(4*len(b.functions()), 0) // for checkPredicates
	r := b.rule
	d.lines[ruleID(&r)] = r.line
	d.rules = append(d.rules, &r)
}

// checkName returns an error if another rule has the same name.
func (d *declarations) checkName(r *rule) error {
	if line, dup := d.lines[ruleID(r)]; dup {
		return fmt.Errorf("the name is already used in line %d", line)
	}
	return nil
}

// ruleID identifies a rule. Allow and deny rules share one set of names.
func ruleID(r *rule) string {
	k := r.kind
	if k == kindDeny {
		k = kindAllow
	}
	return k.String() + "\x00" + r.name
}

// checkPredicates returns an error if a predicate or chain hook could change
// something that outlives its call, or reads a captured value that is nil.
func (d *declarations) checkPredicates(l *luabox.Loader) error {
	for _, r := range d.rules {
		for _, fn := range r.functions() {
			var e *luabox.Error
			if errors.As(l.CheckPredicate(fn), &e) {
				at := &LoadError{File: r.file, Line: r.line, Rule: r.describe(), Msg: e.Msg, Hint: e.Hint}
				if e.File != "" {
					at.File = e.File
				}
				if e.Line > 0 {
					at.Line = e.Line
				}
				return at
			}
		}
	}
	return nil
}

// hasChain reports whether there is a chain rule.
func (d *declarations) hasChain() bool {
	return slices.ContainsFunc(d.rules, func(r *rule) bool { return r.kind == kindChain })
}

// splitsSet reports whether a rule names one form of OpSet without the other.
func splitsSet(rules []*rule) bool {
	return slices.ContainsFunc(rules, func(r *rule) bool { return r.ops.splitsSet() })
}
