package policy

import (
	"errors"
	"math"
	"slices"

	"github.com/postern-project/postern/runtime/glob"
)

var (
	errNoOp    = errors.New("policy: unknown operation")
	errKey     = errors.New("policy: the key is not canonical")
	errNoTime  = errors.New("policy: the request has no time")
	errTooLong = errors.New("policy: caller or role is too long")
)

// Messages for callers, where no rule gives a reason.
const (
	msgDenied   = "denied by policy"
	msgNoRule   = "no policy rule allows this"
	msgFault    = "the policy failed, so access is denied"
	msgLimit    = "the policy exceeded its budget, so access is denied"
	msgNoPolicy = "no policy is loaded"
	msgStale    = "the policy is out of date"
	msgNoChain  = "no provider is chosen for this key"
	msgRequest  = "the request is not valid"
)

// Decide answers one request. It never panics, and takes no memory unless a
// predicate or a chain hook runs.
//
// A deny rule that matches, or whose predicate fails, beats every allow rule;
// an allow rule whose predicate fails does not match. The order of rules only
// matters among chain, redact and pin rules: there the first match counts.
func (p *Policy) Decide(req Request) Decision {
	if p == nil {
		return Decision{Code: NoPolicy, Message: msgNoPolicy}
	}
	d := Decision{Revision: p.revision}
	var f found
	if err := p.locate(&req, &f); err != nil {
		d.Code, d.Message, d.Err = PolicyError, msgRequest, err
		return d
	}
	if r, e := p.first(&f, kindDeny, &req); r != nil {
		d.Code, d.Message = DeniedByRule, msgDenied
		if r.reason != "" {
			d.Message = r.reason
		}
		d.decidedBy(r, e)
		return d
	}
	r, e := p.first(&f, kindAllow, &req)
	switch {
	case r == nil && e == nil:
		d.Code, d.Message = NoRule, msgNoRule
		return d
	case r == nil:
		d.Rule, d.File, d.Line = e.Rule, e.File, e.Line
		d.setFault(e)
		return d
	}
	d.decidedBy(r, nil)
	if !p.route(&f, &req, &d) {
		return d
	}
	d.Mask, d.MaskRule = p.maskOf(&f, req.Key)
	d.Allow, d.Code = true, Allowed
	return d
}

// decidedBy records the rule, and why it failed if it did.
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
	n, ok := splitKey(req.Key, &slashes)
	if !ok {
		return errKey
	}
	p.index.lookup(req.Key, &slashes, n, f)
	return nil
}

// splitKey checks that key is canonical and notes its first slashes. A key
// such as "prod/../x" has been refused long before; here it would match rules
// for "prod", so it is refused again.
func splitKey(key string, slashes *[indexDepth]int) (n int, ok bool) {
	if key == "" || len(key) > glob.MaxLen {
		return 0, false
	}
	start := 0
	for i := 0; i <= len(key); i++ {
		if i < len(key) && key[i] != '/' {
			if !glob.KeyByte(key[i]) {
				return 0, false
			}
			continue
		}
		if seg := key[start:i]; seg == "" || seg == "." || seg == ".." {
			return 0, false
		}
		if i < len(key) && n < indexDepth {
			slashes[n] = i
			n++
		}
		start = i + 1
	}
	return n, true
}

// choice is the earliest rule that matched so far, and the earliest failure.
type choice struct {
	rule   *rule
	index  int
	err    *EvalError // of rule, or of failed
	failed int        // index of the earliest allow rule that failed
}

// first returns the earliest declared rule of a kind that matches. If its
// predicate failed, the error comes along: for an allow rule that is no match
// and the rule is nil, for all others it counts as one.
func (p *Policy) first(f *found, k kind, req *Request) (*rule, *EvalError) {
	c := choice{index: math.MaxInt, failed: math.MaxInt}
	for i := range f.n {
		list := &f.buckets[i].lists[k]
		p.scan(list.open, req, f, &c)
		if list.byRole != nil {
			for _, role := range req.Roles {
				p.scan(list.byRole[role], req, f, &c)
			}
		}
	}
	if k == kindAllow && c.rule != nil {
		return c.rule, nil
	}
	return c.rule, c.err
}

// scan looks through candidates, which are in order of declaration.
func (p *Policy) scan(list []candidate, req *Request, f *found, c *choice) {
	for i := range list {
		cand := &list[i]
		r := cand.rule
		if r.index >= c.index {
			return
		}
		if !cand.ops.has(req.Op) || !cand.glob.Match(req.Key) || !r.matchStatic(req) {
			continue
		}
		if r.when == nil {
			c.rule, c.index, c.err = r, r.index, nil
			return
		}
		ok, err := p.evalWhen(r, req, f)
		switch {
		case err != nil && r.kind == kindAllow:
			if r.index < c.failed {
				c.failed, c.err = r.index, err
			}
		case err != nil || ok:
			c.rule, c.index, c.err = r, r.index, err
			return
		}
	}
}

// route chooses the providers; false means that d is a final denial.
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

// maskOf returns the mask and the name of the first redact rule for the key.
func (p *Policy) maskOf(f *found, key string) (m Mask, name string) {
	var best *rule
	for i := range f.n {
		for _, c := range f.buckets[i].lists[kindRedact].open {
			if best != nil && c.rule.index >= best.index {
				break
			}
			if c.glob.Match(key) {
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

// Mask returns how values of key are shown, and the redact rule that says so,
// without deciding anything. It allocates nothing. The result is zero if no rule
// names the key, or it is not canonical.
func (p *Policy) Mask(key string) (m Mask, name string) {
	if p == nil {
		return Mask{}, ""
	}
	var slashes [indexDepth]int
	n, ok := splitKey(key, &slashes)
	if !ok {
		return Mask{}, ""
	}
	var f found
	p.index.lookup(key, &slashes, n, &f)
	return p.maskOf(&f, key)
}
