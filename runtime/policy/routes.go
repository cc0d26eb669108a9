package policy

import (
	"slices"

	"github.com/postern-project/postern/runtime/glob"
)

// Routes are the providers that may be asked for the keys of one caller.
type Routes struct {
	Providers []string // without duplicates: those of the configured chain in its order, then others
	Default   bool     // some key uses the chain of the policy's options, because the policy has no chain rule
	Chain     []string // that chain, if Default is set; nil if it is not known

	// Undecided is set, and the other fields are empty, if the patterns of the
	// policy overlap in too many ways to find the providers in the time that a
	// request may take.
	Undecided bool
}

// routeBudget bounds one call of Routes: to well below a second.
const routeBudget = 30_000

// Routes returns the providers that may be asked for at least one key that begins
// with the bytes of req.Key, if the request is otherwise like req. An empty Key
// means all keys. The result has every provider that [Policy.Decide] can return for
// such a request. Routes runs no predicate and no hook: a provider that depends on
// one is part of the result. The result is empty if every such request is denied.
func (p *Policy) Routes(req Request) Routes {
	var out Routes
	if p == nil || req.Op == 0 || req.Op >= opEnd || req.Time.IsZero() {
		return out
	}
	if forms := p.forms(req.Op); len(forms) > 1 {
		for _, form := range forms {
			req.Op = form
			one := p.Routes(req)
			if len(one.Providers) == 0 && !one.Default && !one.Undecided {
				return one // a set needs both
			}
			out.Providers, out.Default, out.Undecided = append(out.Providers, one.Providers...), out.Default || one.Default, out.Undecided || one.Undecided
			if one.Default {
				out.Chain = one.Chain
			}
		}
		if out.Undecided {
			return Routes{Undecided: true}
		}
		out.Providers = p.inOrder(out.Providers)
		return out
	}
	w := routeWalk{p: p, req: &req, out: &out, budget: routeBudget}
	for _, r := range p.rules {
		if r.kind == kindDeny && r.when == nil && r.matchStatic(&req) {
			w.denied = append(w.denied, r.keys...)
		}
	}
	for _, r := range p.rules {
		if r.kind == kindAllow && r.matchStatic(&req) {
			for _, g := range r.keys {
				w.allow(g)
			}
		}
	}
	if out.Undecided {
		return Routes{Undecided: true}
	}
	out.Providers = p.inOrder(out.Providers)
	return out
}

// routeWalk finds the providers of the keys that a caller may access.
type routeWalk struct {
	p      *Policy
	req    *Request
	denied glob.List // keys that are certainly denied to the caller
	out    *Routes
	budget glob.Budget
}

// exists reports whether some key of the request matches all of some patterns and
// none of others. If that is undecided, so is the whole result.
func (w *routeWalk) exists(all, none glob.List) bool {
	if w.out.Undecided {
		return false
	}
	exists, decided := w.budget.Exists(all, none, w.req.Key)
	w.out.Undecided = !decided
	return exists
}

// allow adds the providers for the keys that one pattern of an allow rule matches.
func (w *routeWalk) allow(allowed *glob.Glob) {
	if !w.p.hasChain {
		w.pin(glob.List{allowed}, w.denied, w.p.opts.Chain, true)
		return
	}
	none := slices.Clone(w.denied) // extended by the keys of earlier chain rules, which take precedence
	for _, r := range w.p.rules {
		if r.kind != kindChain || !r.matchStatic(w.req) {
			continue
		}
		providers := r.providers
		if r.hook != nil {
			providers = w.p.opts.Chain // a hook can return no others
		}
		for _, g := range r.keys {
			w.pin(glob.List{allowed, g}, none, providers, false)
		}
		if r.when == nil {
			none = append(none, r.keys...)
		}
	}
}

// pin applies the pin rules to a chain, and adds the providers that remain, for the
// keys that match every pattern of all and no pattern of none.
func (w *routeWalk) pin(all, none glob.List, providers []string, byDefault bool) {
	if w.known(providers, byDefault) || !w.exists(all, none) {
		return
	}
	none = slices.Clone(none)
	for _, r := range w.p.rules {
		if r.kind != kindPin || !r.matchStatic(w.req) {
			continue
		}
		if slices.Contains(providers, r.providers[0]) && !w.known(r.providers, false) {
			for _, g := range r.keys {
				if w.exists(append(slices.Clone(all), g), none) {
					w.out.Providers = append(w.out.Providers, r.providers[0])
					break
				}
			}
		}
		none = append(none, r.keys...)
	}
	if w.exists(all, none) {
		w.out.Providers = append(w.out.Providers, providers...)
		if w.out.Default = w.out.Default || byDefault; byDefault {
			w.out.Chain = slices.Clone(w.p.opts.Chain)
		}
	}
}

// known reports whether the result already has all of providers.
func (w *routeWalk) known(providers []string, byDefault bool) bool {
	for _, name := range providers {
		if !slices.Contains(w.out.Providers, name) {
			return false
		}
	}
	return w.out.Default || !byDefault
}

// inOrder returns names without duplicates: those of the configured chain in its
// order, then the others.
func (p *Policy) inOrder(names []string) []string {
	var out []string
	for _, name := range p.opts.Chain {
		if slices.Contains(names, name) {
			out = append(out, name)
		}
	}
	for _, name := range names {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Routes returns the [Policy.Routes] of the current policy. It is empty if the policy
// is stale.
func (l *Live) Routes(req Request) Routes {
	if l.stale() {
		return Routes{}
	}
	return l.current.Load().Routes(req)
}
