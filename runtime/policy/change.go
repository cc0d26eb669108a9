package policy

import (
	"slices"
	"time"
)

// NextChange returns the first moment after req.Time at which the decision on req
// may change because a time window opens or closes. Only windows of rules whose
// other conditions hold are considered, and no predicates. The result is the zero
// time if there is no such window. Callers that keep a decision, such as a watch,
// must decide again at that moment.
func (p *Policy) NextChange(req Request) time.Time {
	var next time.Time
	if p == nil {
		return next
	}
	for _, r := range p.rules {
		if r.window == nil || !r.matchKey(req.Key) || !slices.ContainsFunc(p.forms(req.Op), r.ops.has) || !r.matchRoles(req.Roles) ||
			!r.matchCaller(req.Caller) || !r.matchLabels(req.Labels) {
			continue
		}
		if t := r.window.Next(req.Time); !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}
