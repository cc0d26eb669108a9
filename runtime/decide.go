package runtime

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
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

// request is what the policy is asked about one key.
func (b *Bound) request(op secret.Op, key Key) policy.Request {
	return policy.Request{
		Caller: b.caller.Name, Roles: b.caller.Roles, Labels: b.caller.Labels,
		Op: ops[op], Key: string(key), Time: b.rt.now(),
	}
}

// decide asks the policy. Without one everything is allowed and the configured
// chain is asked.
func (b *Bound) decide(req policy.Request) policy.Decision {
	if b.rt.policy == nil {
		return policy.Decision{Allow: true, Code: policy.Allowed, Providers: b.rt.order}
	}
	return b.narrow(b.rt.policy.Decide(req))
}

// narrow denies what a decision allows when the caller named one provider and a
// rule chose others. Where no rule chooses, the configuration's chain is what
// is asked by default, not a limit.
func (b *Bound) narrow(d policy.Decision) policy.Decision {
	chosen := d.Chain != "" || d.Pin != ""
	if d.Allow && b.at != "" && chosen && !slices.Contains(d.Providers, b.at) {
		d.Allow, d.Code, d.Providers = false, policy.NoChain, nil
		d.Message = "the policy does not ask this provider for this key"
	}
	return d
}

// way is where a request goes, and how the key's value is masked in logs.
type way struct {
	*chain.Chain
	mask redact.Mask
}

// route decides about one key, records the decision, and returns who is to be
// asked for the key.
func (b *Bound) route(op secret.Op, key Key) (way, error) {
	if b.rt.policy == nil && b.rt.decisions == nil {
		return way{Chain: b.source}, nil
	}
	req := b.request(op, key)
	d := b.decide(req)
	if err := b.rt.record(op, req, d); err != nil {
		return way{}, err
	}
	if !d.Allow {
		return way{}, b.denied(op, key, d)
	}
	// The policy's providers may be fewer than the configured ones or in another
	// order.
	w := way{b.source, maskOf(d.Mask)}
	var err error
	if b.at == "" && !slices.Equal(d.Providers, b.rt.order) {
		w.Chain, err = b.rt.chainOf(op, key, d.Providers)
	}
	return w, err
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
		links = append(links, p.link())
	}
	c, _ := r.chains.LoadOrStore(id, chain.New(links, r.now))
	return c.(*chain.Chain), nil
}

// denied turns a refusal into an error. Rule names and reasons are the policy
// author's words to the caller.
func (b *Bound) denied(op secret.Op, key Key, d policy.Decision) error {
	e := &secret.Error{Code: secret.ErrDenied, Op: op, Key: key, Provider: b.at, Detail: string(d.Code)}
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
// provider and without recording it. Without a policy it allows everything.
func (b *Bound) Decide(op secret.Op, key Key) policy.Decision { return b.decide(b.request(op, key)) }

// Explain is Decide with what came close: see [policy.Policy.Explain]. It is
// for whoever writes the policy. Without one of [Runtime.Policy] it holds the
// decision alone.
func (b *Bound) Explain(op secret.Op, key Key) policy.Explanation {
	req := b.request(op, key)
	p := b.rt.Policy()
	if p == nil {
		d := b.decide(req)
		return policy.Explanation{Decision: d, Asked: d.Providers, Mask: d.Mask, MaskRule: d.MaskRule}
	}
	x := p.Explain(req)
	x.Decision = b.narrow(x.Decision)
	return x
}
