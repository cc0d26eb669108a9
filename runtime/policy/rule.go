package policy

import (
	"fmt"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/patterns"
	"github.com/postern-project/postern/runtime/policy/internal/window"
)

// kind is the kind of a rule.
type kind uint8

const (
	kindDeny kind = iota
	kindAllow
	kindChain
	kindRedact
	kindPin
	kindCount
)

var kindNames = [kindCount]string{"deny", "allow", "chain", "redact", "pin"}

func (k kind) String() string { return kindNames[k] }

// rule is a compiled rule. It matches if all its conditions hold; a condition that
// is absent always does. Rules never change after loading.
type rule struct {
	kind  kind
	name  string
	file  string
	line  int
	index int // order of declaration

	keys    glob.List
	ops     opSet
	roles   []string        // any of, without wildcards
	groups  *patterns.Roles // further conditions on roles; nil for none
	callers glob.List       // any of
	labels  []labelGlob     // all of
	window  *window.Window
	when    *luabox.Function // runs last

	reason    string           // for the caller, on deny
	providers []string         // chain: in order; pin: exactly one
	hook      *luabox.Function // chain: returns the order, instead of providers
	mask      Mask             // redact
}

// describe returns the kind and the name, for messages.
func (r *rule) describe() string { return fmt.Sprintf("%s %.64q", r.kind, r.name) }

// functions returns the predicate and the chain hook, if there are any.
func (r *rule) functions() []*luabox.Function {
	var fns []*luabox.Function
	if r.when != nil {
		fns = append(fns, r.when)
	}
	if r.hook != nil {
		fns = append(fns, r.hook)
	}
	return fns
}

// matchStatic reports whether all conditions hold, except keys and when.
func (r *rule) matchStatic(req *Request) bool {
	return r.ops.has(req.Op) && r.matchRoles(req.Roles) && r.matchCaller(req.Caller) &&
		r.matchLabels(req.Labels) && r.matchTime(req.Time)
}

func (r *rule) matchRoles(have []string) bool {
	if r.groups != nil {
		return r.groups.Match(r.roles, have)
	}
	if len(r.roles) == 0 {
		return true
	}
	for _, want := range r.roles {
		for _, h := range have {
			if h == want {
				return true
			}
		}
	}
	return false
}

// matchCaller matches "**" with every caller, also the empty one: a rule about
// everyone must not spare a caller without a name.
func (r *rule) matchCaller(caller string) bool {
	if len(r.callers) == 0 {
		return true
	}
	return r.callers.Match(caller) || caller == "" && slices.ContainsFunc(r.callers, (*glob.Glob).MatchesAll)
}

// labelGlob is a label that a request must have.
type labelGlob struct {
	name  string
	value *glob.Glob
}

// match matches "**" with every value of the label, also the empty one, as for callers.
func (l *labelGlob) match(have map[string]string) bool {
	v, ok := have[l.name]
	return ok && (l.value.Match(v) || v == "" && l.value.MatchesAll())
}

func (r *rule) matchLabels(have map[string]string) bool {
	for i := range r.labels {
		if !r.labels[i].match(have) {
			return false
		}
	}
	return true
}

func (r *rule) matchTime(t time.Time) bool { return r.window == nil || r.window.Contains(t) }

func (r *rule) matchKey(key string) bool { return r.keys.Match(key) }

// fails returns the names of the conditions that do not hold, except when.
func (r *rule) fails(req *Request) []string {
	var out []string
	add := func(ok bool, what string) {
		if !ok {
			out = append(out, what)
		}
	}
	add(r.ops.has(req.Op), "op")
	add(r.matchRoles(req.Roles), "roles")
	add(r.matchKey(req.Key), "keys")
	add(r.matchCaller(req.Caller), "callers")
	add(r.matchLabels(req.Labels), "labels")
	add(r.matchTime(req.Time), "time")
	return out
}
