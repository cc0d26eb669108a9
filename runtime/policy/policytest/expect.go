package policytest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/suggest"
)

// expectFields are the fields that t.allow and t.deny accept.
var expectFields = []string{
	"at", "caller", "chain", "code", "key", "labels", "mask", "op", "pin", "providers", "reason", "roles", "rule",
}

// checkFields stops the test if t has a field that is not one of expectFields.
func checkFields(c luabox.Call, t luabox.Table) {
	for k := range t.All() {
		name, ok := k.AsString()
		switch hint := suggest.Closest(name, expectFields); {
		case !ok:
			c.Fail("want fields with names, such as key = \"prod/db\"")
		case slices.Contains(expectFields, name):
		case hint != "":
			c.Fail("unknown field %.64q (did you mean %q?)", name, hint)
		default:
			c.Fail("unknown field %.64q", name)
		}
	}
}

// testRequest reads the fields of the request.
func testRequest(t luabox.Table) (policy.Request, error) {
	req := policy.Request{Op: policy.OpGet, Time: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)}
	req.Caller, _ = t.Get("caller").AsString()
	req.Key, _ = t.Get("key").AsString()
	var err error
	if v := t.Get("roles"); !v.IsNil() {
		if req.Roles, err = v.Strings(); err != nil {
			return req, fmt.Errorf("roles: %w", err)
		}
	}
	if v := t.Get("op"); !v.IsNil() {
		name, _ := v.AsString()
		op, ok := policy.ParseOp(name)
		if !ok {
			return req, fmt.Errorf("unknown operation %.64q; want get, set, create, update, delete, keys or watch", name)
		}
		req.Op = op
	}
	if v := t.Get("labels"); !v.IsNil() {
		labels, err := v.Pairs()
		if err != nil {
			return req, fmt.Errorf("labels: %w", err)
		}
		req.Labels = make(map[string]string, len(labels))
		for _, l := range labels {
			req.Labels[l.Name] = l.Value
		}
	}
	if v := t.Get("at"); !v.IsNil() {
		at, _ := v.AsString()
		if req.Time, err = time.Parse(time.RFC3339, at); err != nil {
			return req, errors.New("at: want a time such as 2026-03-02T03:00:00Z")
		}
	}
	return req, nil
}

// mismatch compares a decision with the expected fields of t, and describes what
// differs.
func mismatch(x policy.Explanation, t luabox.Table, allow bool) []string {
	d := x.Decision
	var wrong []string
	if d.Allow != allow {
		wrong = append(wrong, fmt.Sprintf("got %s, want %s", effect(d.Allow), effect(allow)))
	}
	mode := string(x.Mask.Mode)
	if mode == "" {
		mode = string(mask.Full)
	}
	got := map[string]string{
		"rule": d.Rule, "code": string(d.Code), "chain": x.Chain, "mask": mode, "pin": d.Pin,
		"reason": d.Message, "providers": strings.Join(d.Providers, " "),
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		v := t.Get(name)
		if v.IsNil() {
			continue
		}
		wanted, err := v.Strings()
		if s, ok := v.AsString(); err != nil && !(ok && s == "") { // "" means that the field must be empty
			wrong = append(wrong, name+": "+err.Error())
			continue
		}
		if w := strings.Join(wanted, " "); w != got[name] {
			wrong = append(wrong, fmt.Sprintf("%s is %q, want %q", name, got[name], w))
		}
	}
	return wrong
}

func effect(allow bool) string {
	if allow {
		return "allow"
	}
	return "deny"
}
