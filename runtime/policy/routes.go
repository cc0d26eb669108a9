package policy

import (
	"slices"

	"github.com/postern-project/postern/runtime/glob"
)

// Routes are the providers that the keys of one caller may be routed to.
type Routes struct {
	Providers []string // without repeats, in the configured order where they are in the chain
	Default   bool     // a key may take the configured chain, chosen by no rule
}

// Routes returns the providers that a request may be routed to which differs
// from req only in its key: some key that begins with the bytes of req.Key, ""
// for any. Every provider that [Policy.Decide] can return for such a request is
// in it. A provider is left out when no rule lets the caller reach it; where
// only a predicate or a hook could tell, it is in. No predicate or hook is run.
// The result is empty when every such request is denied.
func (p *Policy) Routes(req Request) Routes {
	var out Routes
	if p == nil || req.Op == 0 || req.Op >= opEnd || req.Time.IsZero() {
		return out
	}
	w := routeWalk{p: p, req: &req, out: &out}
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
	out.Providers = p.inOrder(out.Providers)
	return out
}

// routeWalk follows the keys that a caller may reach to their providers.
type routeWalk struct {
	p      *Policy
	req    *Request
	denied glob.List // keys that the caller is certainly denied
	out    *Routes
}

// allow follows the keys of one allow rule to the chain rule that decides.
func (w *routeWalk) allow(allowed *glob.Glob) {
	if !w.p.hasChain {
		w.pin(glob.List{allowed}, w.denied, w.p.opts.Chain, true)
		return
	}
	none := slices.Clone(w.denied) // grows by the chain rules that come first
	for _, r := range w.p.rules {
		if r.kind != kindChain || !r.matchStatic(w.req) {
			continue
		}
		providers := r.providers
		if r.hook != nil {
			providers = w.p.opts.Chain // the bound of what a hook may return
		}
		for _, g := range r.keys {
			w.pin(glob.List{allowed, g}, none, providers, false)
		}
		if r.when == nil {
			none = append(none, r.keys...)
		}
	}
}

// pin adds the providers that pin rules leave of a chain, for the keys that
// match all of some patterns and none of others.
func (w *routeWalk) pin(all, none glob.List, providers []string, byDefault bool) {
	if w.known(providers, byDefault) || !glob.Exists(all, none, w.req.Key) {
		return
	}
	none = slices.Clone(none)
	for _, r := range w.p.rules {
		if r.kind != kindPin || !r.matchStatic(w.req) {
			continue
		}
		if slices.Contains(providers, r.providers[0]) && !w.known(r.providers, false) {
			for _, g := range r.keys {
				if glob.Exists(append(slices.Clone(all), g), none, w.req.Key) {
					w.out.Providers = append(w.out.Providers, r.providers[0])
					break
				}
			}
		}
		none = append(none, r.keys...)
	}
	if glob.Exists(all, none, w.req.Key) {
		w.out.Providers = append(w.out.Providers, providers...)
		w.out.Default = w.out.Default || byDefault
	}
}

// known reports whether providers can add nothing to what was found.
func (w *routeWalk) known(providers []string, byDefault bool) bool {
	for _, name := range providers {
		if !slices.Contains(w.out.Providers, name) {
			return false
		}
	}
	return w.out.Default || !byDefault
}

// inOrder returns names without repeats: those of the configured chain in its
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

// Routes is [Policy.Routes] of the policy that decides now; it is empty when
// the policy is too old to decide.
func (l *Live) Routes(req Request) Routes {
	if l.stale(l.opts.Now()) {
		return Routes{}
	}
	return l.current.Load().Routes(req)
}
