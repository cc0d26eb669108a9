package runtime

import (
	"maps"
	"slices"

	"github.com/postern-project/postern/runtime/policy"
)

// clone returns a copy of o whose slices and maps are its own: the embedder may
// change those that it passed.
func (o Options) clone() Options {
	o.Providers = slices.Clone(o.Providers)
	for i := range o.Providers {
		p := &o.Providers[i]
		p.Config, p.Grant = maps.Clone(p.Config), p.Grant.clone()
	}
	o.Chain, o.Mask = slices.Clone(o.Chain), slices.Clone(o.Mask)
	o.PolicyFile.Libs = maps.Clone(o.PolicyFile.Libs)
	o.DecisionLog.Labels, o.DecisionLog.HashKey = slices.Clone(o.DecisionLog.Labels), slices.Clone(o.DecisionLog.HashKey)
	o.Caller = o.Caller.clone()
	return o
}

func (g Grant) clone() Grant {
	g.Env, g.Files = slices.Clone(g.Env), slices.Clone(g.Files)
	return g
}

func (c Caller) clone() Caller {
	c.Roles, c.Labels = slices.Clone(c.Roles), maps.Clone(c.Labels)
	return c
}

// ownDecision returns a copy of d that its receiver may change.
func ownDecision(d policy.Decision) policy.Decision {
	d.Providers = slices.Clone(d.Providers)
	return d
}

// ownExplanation returns a copy of x that its receiver may change.
func ownExplanation(x policy.Explanation) policy.Explanation {
	x.Decision = ownDecision(x.Decision)
	x.Asked, x.Misses, x.Log = slices.Clone(x.Asked), slices.Clone(x.Misses), slices.Clone(x.Log)
	for i := range x.Misses {
		x.Misses[i].Failed = slices.Clone(x.Misses[i].Failed)
	}
	return x
}

// ownRequest returns a copy of r for a Decider of the embedder.
func ownRequest(r policy.Request) policy.Request {
	r.Roles, r.Labels = slices.Clone(r.Roles), maps.Clone(r.Labels)
	return r
}
