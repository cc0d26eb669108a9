package runtime

import (
	"context"
	"fmt"
	"slices"

	"github.com/postern-project/postern/runtime/internal/chain"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// router is a Decider that knows which providers a listing may ask.
type router interface {
	Routes(policy.Request) policy.Routes
}

// ops maps the operations of providers to those of policies.
var ops = map[secret.Op]policy.Op{
	secret.OpGet:    policy.OpGet,
	secret.OpSet:    policy.OpSet,
	secret.OpDelete: policy.OpDelete,
	secret.OpKeys:   policy.OpKeys,
	secret.OpWatch:  policy.OpWatch,

	// The forms of set, which only explanations name.
	secret.Op(policy.OpCreate.String()): policy.OpCreate,
	secret.Op(policy.OpUpdate.String()): policy.OpUpdate,
}

// request returns the request that the policy decides for one key.
func (c *Client) request(op secret.Op, key Key) policy.Request {
	return policy.Request{
		Caller: c.caller.Name, Roles: c.caller.Roles, Labels: c.caller.Labels,
		Op: ops[op], Key: string(key), Time: c.rt.now(),
	}
}

// decide returns the decision of the policy. Without a policy everything is allowed, on
// the configured chain.
func (c *Client) decide(req policy.Request) policy.Decision {
	if c.rt.policy == nil {
		return policy.Decision{Allow: true, Code: policy.Allowed, Providers: c.rt.routes.configured.names}
	}
	return c.restrictToProvider(c.rt.policy.Decide(req))
}

// restrictToProvider denies what a decision allows when the caller named one
// provider and a rule chose others. Where no rule chooses, the configured chain
// is a default, not a limit.
func (c *Client) restrictToProvider(d policy.Decision) policy.Decision {
	if c.only == nil || !d.Allow {
		return d
	}
	chosen := d.Chain != "" || d.Pin != "" || !slices.Equal(d.Providers, c.rt.routes.configured.names)
	if chosen && !slices.Contains(d.Providers, c.only.names[0]) {
		d.Allow, d.Code, d.Providers = false, policy.NoChain, nil
		d.Message = "the policy does not ask this provider for this key"
	}
	return d
}

// configured is the route of a request that no rule routes.
func (c *Client) configured() *route {
	if c.only != nil {
		return c.only
	}
	return c.rt.routes.configured
}

// routeFor returns the route of an allowed decision: the policy's providers may
// be fewer than the configured ones or in another order.
func (c *Client) routeFor(op secret.Op, key Key, d policy.Decision) (*route, error) {
	if c.only != nil || slices.Equal(d.Providers, c.rt.routes.configured.names) {
		return c.configured(), nil
	}
	return c.rt.routes.over(op, key, d.Providers)
}

// decideForms is decide for a caller who does not know whether the key of a set
// exists. If only one form of it is allowed, wanted and req.Op are that form.
func (c *Client) decideForms(req *policy.Request) (d policy.Decision, wanted policy.Op) {
	if req.Op == policy.OpSet && c.splitsSet() {
		return policy.DecideSet(req, c.decide)
	}
	return c.decide(*req), 0
}

// splitsSet reports whether the policy distinguishes the forms of a set.
func (c *Client) splitsSet() bool {
	s, ok := c.rt.policy.(interface{ SplitsSet() bool })
	return ok && s.SplitsSet()
}

// authorize decides about one key and finds its route.
func (c *Client) authorize(op secret.Op, p *part) {
	if c.rt.policy == nil && c.rt.decisions == nil {
		p.to = c.configured()
		return
	}
	req := c.request(op, p.key)
	d, wanted := c.decideForms(&req)
	p.wanted = wanted
	p.log = newLogged(c.rt.decisions, req, d)
	if !d.Allow {
		p.err = c.denied(op, p.key, d)
		return
	}
	p.mask = maskOf(d.Mask)
	if p.to, p.err = c.routeFor(op, p.key, d); p.err != nil && p.log != nil {
		p.log.intent.Effect, p.log.intent.Code, p.log.intent.Op = "deny", string(policy.PolicyError), string(op)
	}
}

// authorizeListing finds the providers that a listing asks: those to which some
// key of the caller may be routed, and for a listing of usable keys, to which also some
// get may be. The route is nil if there are none.
func (c *Client) authorizeListing(l listing, p *part, prefix string) {
	r := c.rt
	if r.policy == nil && r.decisions == nil {
		p.to = c.configured()
		return
	}
	req := c.request(l.op(), Key(prefix))
	names, fault := c.listable(req)
	if l == listUsable && fault == nil && len(names) > 0 {
		var got []string
		got, fault = c.listable(c.request(secret.OpGet, Key(prefix)))
		names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !slices.Contains(got, n) })
	}
	d := policy.Decision{Allow: len(names) > 0, Code: policy.Allowed}
	switch {
	case fault != nil:
		d = *fault
	case !d.Allow:
		d.Code = policy.NoRule
	}
	if p := r.Policy(); p != nil {
		d.Revision = p.Revision()
	}
	req.Op = policy.OpKeys
	if p.log = newLogged(r.decisions, req, d); p.log != nil {
		p.log.intent.Key, p.log.intent.Prefix = "", prefix
	}
	switch {
	case fault != nil:
		p.err = c.denied(secret.OpKeys, "", d)
	case len(names) == 0: // an empty list, not an error: see Keys
	case c.only != nil:
		p.to = c.only
	default:
		p.to, p.err = r.routes.over(secret.OpKeys, "", names)
	}
}

// listable returns the names of the providers that a listing asks. The fault is
// not nil if the policy failed to name them.
func (c *Client) listable(req policy.Request) (names []string, fault *policy.Decision) {
	routes := policy.Routes{Default: true}
	switch d := c.rt.policy.(type) {
	case nil:
		routes.Providers = c.rt.routes.configured.names
	case router:
		routes = d.Routes(req)
	}
	switch {
	case routes.Undecided:
		return nil, &policy.Decision{
			Code: policy.LimitExceeded, Message: "the policy does not say which providers this caller may list; its patterns may be too many and too alike",
		}
	case len(routes.Providers) == 0 && !routes.Default:
		return nil, c.undecided(req)
	case c.only == nil:
		return routes.Providers, nil
	case slices.Contains(routes.Providers, c.only.names[0]), routes.Default && c.isDefault(routes):
		return c.only.names, nil
	}
	return nil, nil
}

// isDefault reports whether the chain that applies without a rule is the configured one,
// which is a default and not a limit: see restrictToProvider. A Decider that does not say
// which one it is gives it by its providers.
func (c *Client) isDefault(r policy.Routes) bool {
	configured := c.rt.routes.configured.names
	if r.Chain != nil {
		return slices.Equal(r.Chain, configured)
	}
	return !slices.ContainsFunc(configured, func(name string) bool { return !slices.Contains(r.Providers, name) })
}

// undecided returns the decision on a listing without providers if the policy as a
// whole cannot decide: it is stale or was not loaded, or it cannot decide about such a
// caller.
func (c *Client) undecided(req policy.Request) *policy.Decision {
	if Key(req.Key).Check() != nil {
		req.Key += "x" // see checkPrefix
	}
	if d := c.decide(req); failed(d) && d.Line == 0 {
		return &d
	}
	return nil
}

// failed reports whether d denies because the policy could not decide.
func failed(d policy.Decision) bool {
	if d.Allow {
		return false
	}
	switch d.Code {
	case policy.PolicyError, policy.LimitExceeded, policy.NoPolicy, policy.StalePolicy, policy.Allowed, "":
		return true
	}
	return false
}

// fault returns the error of a listing for a decision that failed, or that chose a
// provider which is not configured, nil for others. It does not name the key, which
// the caller may not know of.
func (c *Client) fault(d policy.Decision) (err error) {
	switch {
	case d.Allow:
		_, err = c.routeFor(secret.OpKeys, "", d)
	case failed(d):
		err = c.denied(secret.OpKeys, "", d)
	}
	return err
}

// hears reports whether the caller gets events about a whole provider: some key that the
// caller may watch may be routed to it.
func (c *Client) hears(provider string) (bool, error) {
	names, fault := c.listable(c.request(secret.OpWatch, ""))
	if fault != nil {
		return false, c.denied(secret.OpWatch, "", *fault)
	}
	return slices.Contains(names, provider), nil
}

// mayRead reports whether the caller may get a key from one of these providers. A
// key whose decision fails is among them: to get it reports the fault.
func (c *Client) mayRead(key Key, found []chain.Listed) bool {
	if c.rt.policy == nil {
		return true
	}
	get := c.decide(c.request(secret.OpGet, key))
	return c.fault(get) != nil || slices.ContainsFunc(found, func(f chain.Listed) bool { return c.reaches(get, f.Provider) })
}

// mayList reports whether a key that was found at these providers belongs in the
// caller's listing: the policy allows it to be listed and to be got, and routes both
// to one of the providers. The error is audit_unavailable, or policy_fault when one
// of the decisions failed: a key is not left out if it is unknown whether it belongs
// there.
func (c *Client) mayList(ctx context.Context, key Key, found []chain.Listed) (bool, error) {
	if c.rt.policy == nil && c.rt.decisions == nil {
		return true, nil
	}
	list, err := c.decideListing(ctx, key)
	if err != nil || !list.Allow {
		return false, err
	}
	get := c.decide(c.request(secret.OpGet, key))
	if err := c.fault(get); err != nil {
		return false, err
	}
	return slices.ContainsFunc(found, func(f chain.Listed) bool { return c.reaches(list, f.Provider) && c.reaches(get, f.Provider) }), nil
}

// mayName is mayList for a listing of names: the caller need not have the right to get
// the key. A key that the caller may get, but from another provider, is left out.
func (c *Client) mayName(ctx context.Context, key Key, found []chain.Listed) (bool, error) {
	if c.rt.policy == nil && c.rt.decisions == nil {
		return true, nil
	}
	list, err := c.decideListing(ctx, key)
	if err != nil || !list.Allow {
		return false, err
	}
	get := c.decide(c.request(secret.OpGet, key))
	return slices.ContainsFunc(found, func(f chain.Listed) bool {
		return c.reaches(list, f.Provider) && (c.reaches(get, f.Provider) || !get.Allow && get.Code != policy.NoChain)
	}), nil
}

// decideListing decides whether a key may be listed and records that.
func (c *Client) decideListing(ctx context.Context, key Key) (policy.Decision, error) {
	req := c.request(secret.OpKeys, key)
	d := c.decide(req)
	if l := newLogged(c.rt.decisions, req, d); l != nil {
		if err := l.begin(ctx); err != nil {
			return d, unrecorded(secret.OpKeys, key, err)
		}
	}
	return d, c.fault(d)
}

// reaches reports whether an allowed request is routed to the provider.
func (c *Client) reaches(d policy.Decision, provider string) bool {
	if !d.Allow {
		return false
	}
	if c.only != nil {
		return c.only.names[0] == provider
	}
	return slices.Contains(d.Providers, provider)
}

// denied returns the error of a denial. Rule names and reasons were written by the
// policy's author for the caller.
func (c *Client) denied(op secret.Op, key Key, d policy.Decision) error {
	e := &secret.Error{Code: secret.ErrDenied, Op: op, Key: key, Detail: string(d.Code)}
	if c.only != nil {
		e.Provider = c.only.names[0]
	}
	if failed(d) {
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

// DecideForExplain returns the decision on req as an explanation shows it: a set has one
// decision, which covers both creating and updating the key. If req is a set and splits
// is true, it asks decide about both, as [policy.DecideSet] does; Message of the decision
// says if it depends on whether the key exists, and Op of req becomes the operation that
// was decided. splits is the result of [policy.Policy.SplitsSet]: if it is false, no rule
// distinguishes the two.
func DecideForExplain(req *policy.Request, splits bool, decide func(policy.Request) policy.Decision) policy.Decision {
	if req.Op != policy.OpSet || !splits {
		return decide(*req)
	}
	d, wanted := policy.DecideSet(req, decide)
	switch wanted {
	case policy.OpCreate:
		d.Message = "if the key does not exist"
	case policy.OpUpdate:
		d.Message = "if the key exists"
	default:
		req.Op = policy.OpUpdate
	}
	return d
}

// Decide returns the policy's decision on one request of c, without asking any
// provider and without recording it. Without a policy it allows everything. A Set is
// decided as it is made: if the policy lets c only create the key, or only update it,
// it is allowed and Message names the condition. The operations "create" and "update"
// ask about one of them. The decision is a copy, which the receiver may change.
func (c *Client) Decide(op secret.Op, key Key) policy.Decision {
	req := c.request(op, key)
	return ownDecision(DecideForExplain(&req, c.splitsSet(), c.decide))
}

// Explain is Decide with the rules that nearly matched: see
// [policy.Policy.Explain]. It is for the author of the policy. When
// [Runtime.Policy] is nil it holds the decision alone.
func (c *Client) Explain(op secret.Op, key Key) policy.Explanation {
	req := c.request(op, key)
	p := c.rt.Policy()
	if p == nil {
		d := DecideForExplain(&req, c.splitsSet(), c.decide)
		return ownExplanation(policy.Explanation{Decision: d, Asked: d.Providers, Mask: d.Mask, MaskRule: d.MaskRule})
	}
	d := DecideForExplain(&req, p.SplitsSet(), func(req policy.Request) policy.Decision {
		return c.restrictToProvider(p.Decide(req))
	})
	x := p.Explain(req)
	x.Decision = d
	return ownExplanation(x)
}
