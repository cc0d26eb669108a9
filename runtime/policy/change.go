package policy

import "time"

// NextChange returns the first moment after req.Time at which a rule whose
// other conditions hold opens or closes its time window: until then, the
// same request gets the same decision from this policy, predicates that read
// req.time aside. It is the zero time if no window matters.
//
// Whoever keeps a decision, such as a watch, decides again at that moment.
func (p *Policy) NextChange(req Request) time.Time {
	var next time.Time
	if p == nil {
		return next
	}
	for _, r := range p.rules {
		if r.window == nil || !r.matchKey(req.Key) || !r.ops.has(req.Op) || !r.matchRoles(req.Roles) ||
			!r.matchCaller(req.Caller) || !r.matchLabels(req.Labels) {
			continue
		}
		if t := r.window.Next(req.Time); !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}

// FilterKeys keeps the keys that the caller may list: a listing must not
// reveal the name of a key that it hides. It decides each key with req's
// caller and [OpKeys], reuses the array of keys, and keeps their order. Key
// and Op of req are ignored.
func (p *Policy) FilterKeys(req Request, keys []string) []string {
	kept := keys[:0]
	req.Op = OpKeys
	for _, key := range keys {
		req.Key = key
		if p.Decide(req).Allow {
			kept = append(kept, key)
		}
	}
	clear(keys[len(kept):])
	return kept
}
