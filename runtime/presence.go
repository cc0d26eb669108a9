package runtime

import (
	"context"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// splitter is a Decider with rules that may distinguish creating a key from updating
// it.
type splitter interface{ SplitsSet() bool }

// decideSet decides about a Set. If the policy allows only one form of it, wanted is
// that form, and the decision is the one about it: the write must find out whether
// the key exists. Otherwise wanted is 0, and no provider is asked.
func (c *Client) decideSet(req *policy.Request) (d policy.Decision, wanted policy.Op) {
	s, ok := c.rt.policy.(splitter)
	if !ok || !s.SplitsSet() {
		return c.decide(*req), 0
	}
	one := *req
	one.Op = policy.OpCreate
	create := c.decide(one)
	one.Op = policy.OpUpdate
	update := c.decide(one)
	switch {
	case create.Allow == update.Allow:
		return update, 0
	case create.Allow:
		req.Op = policy.OpCreate
		return create, policy.OpCreate
	}
	req.Op = policy.OpUpdate
	return update, policy.OpUpdate
}

// checkPresence denies a Set of a form that the policy does not allow. A key exists
// if any provider of the route has it. The caller holds the lock of the write, so no
// other write through this Runtime comes in between.
func (q *request) checkPresence(ctx context.Context) error {
	p := &q.parts[0]
	if p.wanted == 0 {
		return nil
	}
	found := policy.OpUpdate
	v, err := p.to.source.Get(ctx, p.key)
	switch {
	case err == nil:
		q.seen = append(q.seen, seen{p.key, v, p.mask})
	case secret.CodeOf(err) == secret.ErrNotFound:
		found = policy.OpCreate
	default:
		return q.keyed(err, p.key)
	}
	if found == p.wanted {
		return nil
	}
	req := q.client.request(q.op, p.key)
	req.Op = found
	d := q.client.decide(req)
	if d.Allow { // the policy was replaced in the meantime
		return nil
	}
	return q.client.denied(q.op, p.key, d)
}
