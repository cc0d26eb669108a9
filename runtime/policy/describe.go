package policy

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
