package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// Decider is asked before every request reaches a provider. [*policy.Policy]
// and [*policy.Live] are Deciders. Decide is called concurrently and must not
// block.
type Decider interface {
	Decide(policy.Request) policy.Decision
}

// ops maps the operations of providers to those of policies.
var ops = map[secret.Op]policy.Op{
	secret.OpGet:    policy.OpGet,
	secret.OpSet:    policy.OpSet,
	secret.OpDelete: policy.OpDelete,
	secret.OpKeys:   policy.OpKeys,
	secret.OpWatch:  policy.OpWatch,
}

// decide asks the policy about one key. Without a policy everything is allowed
// and the configured chain is asked.
func (b *Bound) decide(op secret.Op, key Key) policy.Decision {
	if b.rt.policy == nil {
		return policy.Decision{Allow: true, Code: policy.Allowed}
	}
	return b.rt.policy.Decide(policy.Request{
		Caller: b.caller.Name, Roles: b.caller.Roles, Labels: b.caller.Labels,
		Op: ops[op], Key: string(key), Time: b.rt.now(),
	})
}

// route decides about one key and returns who is to be asked for it.
func (b *Bound) route(op secret.Op, key Key) (*chain.Chain, error) {
	if b.rt.policy == nil {
		return b.source, nil
	}
	d := b.decide(op, key)
	if !d.Allow {
		return nil, denied(op, key, d)
	}
	return b.within(op, key, d)
}

// within returns the chain that a decision allows. It may be shorter than the
// configured one or in another order; a caller that named one provider gets it
// only if it is part of that chain.
func (b *Bound) within(op secret.Op, key Key, d policy.Decision) (*chain.Chain, error) {
	names := d.Providers
	if d.Pin != "" {
		names = []string{d.Pin}
	}
	if b.at != "" {
		if slices.Contains(names, b.at) {
			return b.source, nil
		}
		return nil, &secret.Error{
			Code: secret.ErrDenied, Op: op, Key: key, Provider: b.at,
			Detail: "the policy does not ask this provider for this key",
		}
	}
	if slices.Equal(names, b.rt.chain.Names()) {
		return b.source, nil
	}
	return b.rt.chainOf(op, key, names)
}

// chainOf returns the chain of the named providers, the same one for the same
// names: requests that go the same way are asked together.
func (r *Runtime) chainOf(op secret.Op, key Key, names []string) (*chain.Chain, error) {
	id := strings.Join(names, "/") // no name has a slash
	if c, ok := r.chains.Load(id); ok {
		return c.(*chain.Chain), nil
	}
	var links []chain.Link
	for _, name := range names {
		p := r.provider(name)
		if p == nil {
			return nil, &secret.Error{
				Code: secret.ErrPolicyFault, Op: op, Key: key,
				Detail: fmt.Sprintf("the policy names the provider %q, which is not configured", name),
			}
		}
		links = append(links, r.link(p))
	}
	c, _ := r.chains.LoadOrStore(id, chain.New(links, r.now))
	return c.(*chain.Chain), nil
}

// denied turns a refusal into an error. Rule names and reasons are the policy
// author's words to the caller.
func denied(op secret.Op, key Key, d policy.Decision) error {
	e := &secret.Error{Code: secret.ErrDenied, Op: op, Key: key, Detail: string(d.Code)}
	switch d.Code {
	case policy.PolicyError, policy.LimitExceeded, policy.NoPolicy, policy.StalePolicy, policy.Allowed, "":
		e.Code = secret.ErrPolicyFault
	}
	if d.Rule != "" {
		e.Detail += fmt.Sprintf(" %q (%s:%d)", d.Rule, d.File, d.Line)
	}
	if d.Message != "" {
		e.Detail += ": " + d.Message
	}
	return e.Wrap(d.Err)
}

// Decide returns what the policy says of one request of b, without asking any
// provider. Without a policy it allows everything.
func (b *Bound) Decide(op secret.Op, key Key) policy.Decision { return b.decide(op, key) }
