package policy

import (
	"maps"
	"slices"
)

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
	Line int    `json:"line"`
}

// RuleRefs returns the rules in the order of their declaration.
func (p *Policy) RuleRefs() []RuleRef {
	refs := make([]RuleRef, len(p.rules))
	for i, r := range p.rules {
		refs[i] = RuleRef{r.kind.String(), r.name, r.line}
	}
	return refs
}

// Rules returns the number of rules.
func (p *Policy) Rules() int { return len(p.rules) }

// File returns the name that stands for the policy's file in messages.
func (p *Policy) File() string { return p.file }

// Options returns the options of p, with defaults filled in. [Load] and [Live]
// add the modules of LibFiles to Libs.
func (p *Policy) Options() Options {
	o := p.opts
	o.Providers, o.Chain = slices.Clone(o.Providers), slices.Clone(o.Chain)
	o.Libs, o.LibFiles = maps.Clone(o.Libs), maps.Clone(o.LibFiles)
	return o
}
