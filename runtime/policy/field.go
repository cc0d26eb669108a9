package policy

import (
	"fmt"

	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/redact/mask"
)

// field is one field of a rule. The same table checks policies and describes
// them to editors, so that the two cannot differ.
type field struct {
	name  string
	kinds kindSet // kinds of rules that have the field
	lua   string  // its type, in the syntax of annotations
	doc   string
	must  kindSet // kinds of rules that require the field
	parse func(b *ruleBuilder, v luabox.Value) error
}

// kindSet is a set of kinds, one bit each.
type kindSet uint8

func kinds(ks ...kind) (s kindSet) {
	for _, k := range ks {
		s |= 1 << k
	}
	return s
}

func (s kindSet) has(k kind) bool { return s&(1<<k) != 0 }

var (
	accessKinds  = kinds(kindAllow, kindDeny)
	matchKinds   = kinds(kindAllow, kindDeny, kindChain)
	callerKinds  = kinds(kindAllow, kindDeny, kindChain, kindRedact)
	allKinds     = kindSet(1<<kindCount - 1)
	stringsType  = "policy.strings"
	rolesType    = "policy.strings|policy.roles"
	hookType     = "policy.strings|fun(req: policy.request): string[]"
	maskModeType = `"none"|"full"|"first"|"last"|"hash"`
)

// Fields that may hold functions.
const (
	fieldWhen      = "when"
	fieldProviders = "providers"
)

// fields lists every field of every rule, in the order of the documentation.
var fields = []field{
	{"keys", allKinds, stringsType, `globs: "*" one segment, "**" any depth`, allKinds, (*ruleBuilder).parseKeys},
	{"ops", matchKinds, "policy.op|policy.op[]", "default: all", 0, (*ruleBuilder).parseOps},
	{"roles", callerKinds, rolesType, "globs, any of; or { any =, all =, none = }", 0, (*ruleBuilder).parseRoles},
	{"callers", callerKinds, stringsType, "globs, any of; \"**\" is everyone", 0, (*ruleBuilder).parseCallers},
	{"labels", matchKinds, "table<string, string>", "globs, all must match", 0, (*ruleBuilder).parseLabels},
	{"hours", matchKinds, "string", `"HH:MM-HH:MM", may wrap midnight`, 0, (*ruleBuilder).parseHours},
	{"days", matchKinds, "string", `"mon-fri" or "sat,sun"`, 0, (*ruleBuilder).parseDays},
	{"from", matchKinds, "string", `first day, "2026-04-01", or moment, RFC 3339`, 0, (*ruleBuilder).parseFrom},
	{"until", matchKinds, "string", `last day, "2026-06-30", or the moment after`, 0, (*ruleBuilder).parseUntil},
	{"tz", matchKinds, "string", "IANA zone, default UTC", 0, (*ruleBuilder).parseZone},
	{fieldWhen, matchKinds, "fun(req: policy.request): boolean", "runs last; must return true or false", 0, (*ruleBuilder).parseWhen},
	{"reason", accessKinds, "string", "shown to the caller on deny", 0, (*ruleBuilder).parseReason},
	{fieldProviders, kinds(kindChain), hookType, "order to ask in", kinds(kindChain), (*ruleBuilder).parseProviders},
	{"mode", kinds(kindRedact), maskModeType, "how a value is shown", kinds(kindRedact), (*ruleBuilder).parseMode},
	{"keep", kinds(kindRedact), "integer", fmt.Sprintf(`characters kept by "first" and "last", 1 to %d`, mask.MaxKeep), 0, (*ruleBuilder).parseKeep},
	{"provider", kinds(kindPin), "string", "the only provider that may be asked", kinds(kindPin), (*ruleBuilder).parseProvider},
}

func fieldOf(k kind, name string) (field, bool) {
	for _, f := range fields {
		if f.name == name && f.kinds.has(k) {
			return f, true
		}
	}
	return field{}, false
}

func fieldNamesOf(k kind) []string {
	var names []string
	for _, f := range fields {
		if f.kinds.has(k) {
			names = append(names, f.name)
		}
	}
	return names
}

// RuleKind describes one kind of rule, for editors and documentation.
type RuleKind struct {
	Name   string
	Fields []RuleField
}

// RuleField describes one field of a rule.
type RuleField struct {
	Name     string
	Type     string // in the syntax of the annotations of the Lua language server
	Doc      string // a few words
	Required bool
}

// RuleKinds describes all kinds of rules. It comes from the table that checks
// policies.
func RuleKinds() []RuleKind {
	var out []RuleKind
	for k := range kindCount {
		described := RuleKind{Name: k.String()}
		for _, f := range fields {
			if f.kinds.has(k) {
				described.Fields = append(described.Fields, RuleField{f.name, f.lua, f.doc, f.must.has(k)})
			}
		}
		out = append(out, described)
	}
	return out
}

// RuleRef names a rule of a policy.
type RuleRef struct {
	Kind string `json:"kind"` // "deny", "allow", "chain", "redact" or "pin"
	Name string `json:"name"`
	File string `json:"file,omitempty"` // the policy or a module
	Line int    `json:"line"`
}

// RuleRefs returns the rules in the order of their declaration.
func (p *Policy) RuleRefs() []RuleRef {
	refs := make([]RuleRef, len(p.rules))
	for i, r := range p.rules {
		refs[i] = RuleRef{r.kind.String(), r.name, r.file, r.line}
	}
	return refs
}
