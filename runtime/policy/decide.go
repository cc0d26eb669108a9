package policy

import (
	"errors"
	"slices"

	"github.com/postern-project/postern/runtime/glob"
)

var (
	errNoOp    = errors.New("policy: unknown operation")
	errKey     = errors.New("policy: invalid key")
	errNoTime  = errors.New("policy: the request has no time")
	errTooLong = errors.New("policy: caller or role is too long")
)

// Messages for callers, for decisions without the reason of a rule.
const (
	msgDenied   = "denied by policy"
	msgNoRule   = "no policy rule allows this"
	msgFault    = "access is denied because the policy failed"
	msgLimit    = "access is denied because the policy exceeded its budget"
	msgNoPolicy = "no policy is loaded"
	msgStale    = "the policy is out of date"
	msgNoChain  = "no provider is selected for this key"
	msgRequest  = "invalid request"
)

// Decide answers one request. It never panics, and does not allocate unless a
// predicate or a chain hook runs.
//
// A deny rule that matches, or whose predicate fails, overrides every allow rule.
// An allow rule whose predicate fails does not match. Order matters only among
// chain rules, redact rules and pin rules: the first match wins.
//
// A request with [OpSet] is allowed if it would be both as OpCreate and as OpUpdate.
func (p *Policy) Decide(req Request) (d Decision) {
	if p == nil {
		return Decision{Code: NoPolicy, Message: msgNoPolicy}
	}
	if p.splitsSet && req.Op == OpSet {
		req.Op = OpCreate
		if p.decide(&req, &d); !d.Allow {
			return d
		}
		d, req.Op = Decision{}, OpUpdate
	}
	p.decide(&req, &d)
	return d
}

// SplitsSet reports whether a rule distinguishes [OpCreate] from [OpUpdate], so that
// a decision may depend on whether a key exists.
func (p *Policy) SplitsSet() bool { return p != nil && p.splitsSet }

// forms returns the operations as which an operation is decided.
func (p *Policy) forms(op Op) []Op {
	if op == OpSet && p.splitsSet {
		return []Op{OpCreate, OpUpdate}
	}
	return []Op{op}
}

// decide answers req in d, which is zero.
func (p *Policy) decide(req *Request, d *Decision) {
	d.Revision = p.revision
	var f found
	if err := p.locate(req, &f); err != nil {
		d.Code, d.Message, d.Err = PolicyError, msgRequest, err
		return
	}
	if r, e := p.first(&f, kindDeny, req); r != nil {
		d.Code, d.Message = DeniedByRule, msgDenied
		if r.reason != "" {
			d.Message = r.reason
		}
		d.decidedBy(r, e)
		return
	}
	r, e := p.first(&f, kindAllow, req)
	switch {
	case r == nil && e == nil:
		d.Code, d.Message = NoRule, msgNoRule
		return
	case r == nil:
		d.Rule, d.File, d.Line = e.Rule, e.File, e.Line
		d.setFault(e)
		return
	}
	d.decidedBy(r, nil)
	if !p.route(&f, req, d) {
		return
	}
	d.Mask, d.MaskRule = p.maskOf(&f, req)
	d.Allow, d.Code = true, Allowed
}

// decidedBy records the rule, and its failure if e is not nil.
func (d *Decision) decidedBy(r *rule, e *EvalError) {
	d.Rule, d.File, d.Line = r.name, r.file, r.line
	if e != nil {
		d.setFault(e)
	}
}

func (d *Decision) setFault(e *EvalError) {
	d.Code, d.Err, d.Message = e.Code, e, msgFault
	if e.Code == LimitExceeded {
		d.Message = msgLimit
	}
}

// locate checks the request and finds the buckets of its key.
func (p *Policy) locate(req *Request, f *found) error {
	switch {
	case req.Op == 0 || req.Op >= opEnd:
		return errNoOp
	case req.Time.IsZero():
		return errNoTime
	case len(req.Caller) > p.opts.Limits.String:
		return errTooLong
	}
	for i := range req.Roles {
		if len(req.Roles[i]) > p.opts.Limits.String {
			return errTooLong
		}
	}
	var slashes [indexDepth]int
	n, ok := glob.SplitKey(req.Key, slashes[:])
	if !ok {
		return errKey
	}
	p.index.lookup(req.Key, &slashes, n, f)
	return nil
}

// route selects the providers. It returns false if d became a denial.
func (p *Policy) route(f *found, req *Request, d *Decision) bool {
	d.Providers = p.opts.Chain
	if p.hasChain {
		r, e := p.first(f, kindChain, req)
		switch {
		case r == nil:
			d.Code, d.Message, d.Providers = NoChain, msgNoChain, nil
			return false
		case e == nil && r.hook != nil:
			d.Providers, e = p.evalHook(r, req, f)
		case e == nil:
			d.Providers = r.providers
		}
		d.Chain = r.name
		if e != nil {
			d.Providers = nil
			d.setFault(e)
			return false
		}
	}
	if pin, _ := p.first(f, kindPin, req); pin != nil {
		d.Pin = pin.providers[0]
		if !slices.Contains(d.Providers, d.Pin) {
			d.Providers = nil
		} else {
			d.Providers = pin.providers
		}
	}
	if len(d.Providers) == 0 {
		d.Code, d.Message, d.Providers = NoChain, msgNoChain, nil
		return false
	}
	return true
}

// maskOf returns the mask and the name of the first redact rule for the key and the
// caller.
func (p *Policy) maskOf(f *found, req *Request) (m Mask, name string) {
	var best *rule
	for i := range f.n {
		for _, c := range f.buckets[i].lists[kindRedact].open {
			if best != nil && c.rule.index >= best.index {
				break
			}
			if c.glob.Match(req.Key) && c.rule.matchRoles(req.Roles) && c.rule.matchCaller(req.Caller) {
				best = c.rule
				break
			}
		}
	}
	if best == nil {
		return Mask{}, ""
	}
	return best.mask, best.name
}

// Mask returns how values of key are shown to a caller without a name and roles, and
// the name of the redact rule that determines it. It decides nothing and does not
// allocate. The result is zero if no redact rule matches, or the key is not canonical.
func (p *Policy) Mask(key string) (m Mask, name string) { return p.mask(&Request{Key: key}) }

func (p *Policy) mask(req *Request) (m Mask, name string) {
	if p == nil {
		return Mask{}, ""
	}
	var slashes [indexDepth]int
	n, ok := glob.SplitKey(req.Key, slashes[:])
	if !ok {
		return Mask{}, ""
	}
	var f found
	p.index.lookup(req.Key, &slashes, n, &f)
	return p.maskOf(&f, req)
}
