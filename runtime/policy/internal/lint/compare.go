package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/glob"
)

// compare looks at one rule beside the others.
func (l *linter) compare(i int) {
	r := &l.Rules[i]
	switch r.Kind {
	case Allow:
		if !l.deniedAllow(r) {
			l.coveredRule(i)
		}
		l.chainGap(r)
	case Deny:
		if !l.idleDeny(r) {
			l.coveredRule(i)
			l.oneRead(r)
		}
	case Chain, Redact, Pin:
		l.unreachable(i)
	}
	switch r.Kind {
	case Redact:
		l.idleMask(r)
	case Pin:
		l.idlePin(r)
	}
}

// deniedAllow reports an allow rule that deny rules override for all of its requests.
func (l *linter) deniedAllow(r *Rule) bool {
	var last *Rule
	for bit := uint8(1); bit != 0; bit <<= 1 {
		if r.Ops&bit == 0 {
			continue
		}
		var denied glob.List
		for j := range l.Rules {
			if d := &l.Rules[j]; d.Kind == Deny && d.Ops&bit != 0 && d.implied(r) {
				denied, last = append(denied, d.Keys...), d
			}
		}
		if len(denied) == 0 || !l.covered(r.Keys, denied) {
			return false
		}
	}
	if last == nil {
		return false
	}
	for j := range l.Rules { // one rule that does it alone is the better explanation
		if d := &l.Rules[j]; d.Kind == Deny && r.Ops&^d.Ops == 0 && d.implied(r) && l.covered(r.Keys, d.Keys) {
			l.report("allow-never", r, "never allows: deny %.64q in line %d covers it", d.Name, d.Line)
			return true
		}
	}
	l.report("allow-never", r, "never allows: deny rules cover it together, the last of them %.64q in line %d", last.Name, last.Line)
	return true
}

// coveredRule reports an allow or deny rule that another one makes redundant.
func (l *linter) coveredRule(i int) {
	r := &l.Rules[i]
	for j := range l.Rules {
		other := &l.Rules[j]
		if i == j || other.Kind != r.Kind || l.open[j] || r.Ops&^other.Ops != 0 || !other.implied(r) || !l.covered(r.Keys, other.Keys) {
			continue
		}
		if j > i && r.Ops == other.Ops && r.implied(other) && l.covered(other.Keys, r.Keys) {
			continue // they are alike; the later one is reported
		}
		l.report("rule-covered", r, "has no effect: %s %.64q in line %d covers it", other.Kind, other.Name, other.Line)
		return
	}
}

// unreachable reports a rule whose keys all match earlier rules.
func (l *linter) unreachable(i int) {
	r := &l.Rules[i]
	var before glob.List
	var last *Rule
	for j := range i {
		other := &l.Rules[j]
		if other.Kind != r.Kind || r.Ops&^other.Ops != 0 || !other.implied(r) {
			continue
		}
		if l.covered(r.Keys, other.Keys) {
			l.report("rule-unreachable", r, "never matches: %.64q in line %d covers it and comes first", other.Name, other.Line)
			return
		}
		before, last = append(before, other.Keys...), other
	}
	if last != nil && l.covered(r.Keys, before) {
		l.report("rule-unreachable", r, "never matches: earlier rules cover it together, the last of them %.64q in line %d", last.Name, last.Line)
	}
}

// idleDeny reports a deny rule about keys that no rule allows. It does not report one that
// denies operations which are not allowed anyway: authors use it as a note to later ones.
func (l *linter) idleDeny(r *Rule) bool {
	allows := false
	for j := range l.Rules {
		a := &l.Rules[j]
		if a.Kind != Allow {
			continue
		}
		allows = true
		if l.overlap(a.Keys, r.Keys) {
			return false
		}
	}
	if allows {
		l.report("deny-idle", r, "denies nothing: no rule allows any of these keys")
	}
	return allows
}

// idleMask reports a redact rule about keys that nobody may read, and each of its
// patterns that is only about such keys: a misspelt one leaves values unmasked.
func (l *linter) idleMask(r *Rule) {
	if !slices.ContainsFunc(l.Rules, func(a Rule) bool { return a.Kind == Allow }) {
		return
	}
	var idle glob.List
	for _, g := range r.Keys {
		if !l.readable(glob.List{g}) {
			idle = append(idle, g)
		}
	}
	if len(idle) == len(r.Keys) {
		l.report("mask-idle", r, "no rule allows to read these keys")
		return
	}
	for _, g := range idle {
		l.report("mask-idle", r, "no rule allows to read keys that match %.64q", g)
	}
	for j := range l.Rules {
		d := &l.Rules[j]
		if d.Kind == Deny && l.Reads&^d.Ops == 0 && d.implied(r) && l.covered(r.Keys, d.Keys) {
			l.report("mask-idle", r, "nobody may read these keys: deny %.64q in line %d covers them", d.Name, d.Line)
			return
		}
	}
}

// readable reports whether a rule allows to read some of the keys.
func (l *linter) readable(keys glob.List) bool {
	return slices.ContainsFunc(l.Rules, func(a Rule) bool {
		return a.Kind == Allow && a.Ops&l.Reads != 0 && l.overlap(a.Keys, keys)
	})
}

// idlePin reports a pin to a provider that no chain for the keys has: they could not
// be read at all.
func (l *linter) idlePin(r *Rule) {
	chains := false
	for j := range l.Rules {
		c := &l.Rules[j]
		if c.Kind != Chain {
			continue
		}
		chains = true
		if (c.Providers == nil || slices.Contains(c.Providers, r.Providers[0])) && l.overlap(c.Keys, r.Keys) {
			return
		}
	}
	if chains || l.Chain != nil && !slices.Contains(l.Chain, r.Providers[0]) {
		l.report("pin-idle", r, "the keys cannot be read: no chain for them has provider %.64q", r.Providers[0])
	}
}

// chainGap reports an allow rule with keys that no chain rule matches.
func (l *linter) chainGap(r *Rule) {
	var chained glob.List
	for j := range l.Rules {
		if c := &l.Rules[j]; c.Kind == Chain {
			chained = append(chained, c.Keys...)
		}
	}
	if len(chained) == 0 {
		return
	}
	for _, g := range r.Keys {
		if exists, decided := l.budget.Exists(glob.List{g}, chained, ""); exists && decided {
			l.report("chain-gap", r, "allows keys of %.64q that no chain rule matches; they are denied with no_chain", g)
			return
		}
	}
}

// policy looks at all rules together.
func (l *linter) policy() {
	closed := false
	for i := range l.Rules {
		r := &l.Rules[i]
		if r.Kind == Allow {
			return
		}
		closed = closed || r.Kind == Deny && r.everyone(false) && l.coversAllKeys(r.Keys)
	}
	if !closed {
		l.out = append(l.out, Finding{ID: "no-allow", File: l.File, Line: 1, Msg: "no rule allows anything, so every request is denied"})
	}
}

// cases reports patterns of keys that differ only in case.
func (l *linter) cases() {
	type use struct {
		first string
		rule  *Rule
	}
	seen := map[string]use{}
	for i := range l.Rules {
		r := &l.Rules[i]
		for _, g := range r.Keys {
			parts := splitSlash(g.String())
			for n := 1; n <= len(parts); n++ {
				prefix := strings.Join(parts[:n], "/")
				folded := strings.ToLower(prefix)
				if before, ok := seen[folded]; !ok {
					seen[folded] = use{prefix, r}
				} else if before.first != prefix && before.rule != r {
					l.report("key-case", r, "%.64q differs only in case from %.64q in line %d", prefix, before.first, before.rule.Line)
					return
				}
			}
		}
	}
}

// implied reports whether r matches whenever other does, as far as keys and
// operations are left aside. False means only that this could not be shown.
func (r *Rule) implied(other *Rule) bool {
	if r.When || r.Window != nil && (other.Window == nil || !r.Window.Equal(other.Window)) {
		return false
	}
	if len(r.AnyRole) > 0 && !r.AnyRole.Covers(other.AnyRole) && !coversOne(r.AnyRole, other.AllRoles) {
		return false
	}
	for _, want := range r.AllRoles {
		if !coversOne(glob.List{want}, other.AllRoles) && !(glob.List{want}).Covers(other.AnyRole) {
			return false
		}
	}
	for _, none := range r.NoRoles {
		if !other.NoRoles.Covers(glob.List{none}) {
			return false
		}
	}
	for _, want := range r.Labels {
		if !slices.ContainsFunc(other.Labels, func(o Label) bool { return o.Name == want.Name && want.Value.Covers(o.Value) }) {
			return false
		}
	}
	return len(r.Callers) == 0 || slices.ContainsFunc(r.Callers, (*glob.Glob).MatchesAll) || r.Callers.Covers(other.Callers)
}

// coversOne reports whether one of inner is covered by outer.
func coversOne(outer, inner glob.List) bool {
	return slices.ContainsFunc(inner, func(g *glob.Glob) bool { return outer.Covers(glob.List{g}) })
}

func splitSlash(s string) []string { return strings.Split(s, "/") }

// emptySegment reports whether a name has an empty segment. That of a URI, after its
// scheme, is none.
func emptySegment(s string) bool {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	return strings.HasPrefix(s, "/") || strings.HasSuffix(s, "/") || strings.Contains(s, "//")
}

// String shows a finding as a test or a debugger wants it.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s: %s: %s", f.File, f.Line, f.ID, f.Rule, f.Msg)
}
