package policytest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/internal/luascan"
)

// Mutant is a policy with one small change, which its tests should notice.
type Mutant struct {
	Rule   policy.RuleRef // the changed rule; a name that is computed is its expression
	Change string         // what was changed, for example "without roles"
	Source []byte
}

// String describes the mutant in a few words.
func (m Mutant) String() string { return fmt.Sprintf("%s %s: %s", m.Rule.Kind, m.Rule.Name, m.Change) }

// Mutants returns the mutants of a policy that load. Each rule is removed, turned from
// allow to deny or back, made to match more by removing a condition, and less. src is
// the policy's source: only rules in it that are written as kind { ... } are changed, not
// those that required modules declare. [CoverConditions] sees them all.
func Mutants(p *policy.Policy, src []byte) []Mutant {
	var out []Mutant
	for _, d := range declarations(src) {
		for _, m := range d.mutants() {
			if _, err := policy.Parse(p.File(), m.Source, p.Options()); err == nil {
				out = append(out, m)
			}
		}
	}
	return out
}

// Survivors returns the mutants that the tests do not notice: with them, no test
// fails. The error is that of [RunTests].
func Survivors(p *policy.Policy, mutants []Mutant, files []File) ([]Mutant, error) {
	var out []Mutant
	for _, m := range mutants {
		changed, err := policy.Parse(p.File(), m.Source, p.Options())
		if err != nil {
			return nil, err
		}
		r, err := RunTests(changed, files, nil)
		if err != nil {
			return nil, err
		}
		if r.Failed() == 0 {
			out = append(out, m)
		}
	}
	return out, nil
}

// declaration is a rule in the source.
type declaration struct {
	src        []byte
	ref        policy.RuleRef
	start, end int
	fields     []sourceField
}

// sourceField is a field of a rule in the source.
type sourceField struct {
	name       string
	start, end int    // with the comma before it
	value      int    // where the value starts; it ends at end
	text       string // of the value
}

var ruleKinds = func() (names []string) {
	for _, k := range policy.RuleKinds() {
		names = append(names, k.Name)
	}
	return names
}()

// declarations finds the rules of a file.
func declarations(src []byte) []declaration {
	var out []declaration
	tokens := luascan.Tokens(src)
	for i := 0; i+1 < len(tokens); i++ {
		if !slices.Contains(ruleKinds, tokens[i].Text) || tokens[i+1].Text != "{" {
			continue
		}
		d := declaration{src: src, start: tokens[i].Start, ref: policy.RuleRef{Kind: tokens[i].Text, Line: tokens[i].Line}}
		i = d.read(tokens, i+1)
		out = append(out, d)
	}
	return out
}

// read reads the table that opens at token open, and returns its last token.
func (d *declaration) read(tokens []luascan.Token, open int) int {
	depth, from := 0, open
	for i := open; i < len(tokens); i++ {
		switch tokens[i].Text {
		case "{", "(", "[", "function", "do", "then", "repeat":
			depth++
		case "}", ")", "]", "end":
			depth--
		case "until":
			if i+1 < len(tokens) && tokens[i+1].Text == "=" {
				break // the name of a field
			}
			depth--
		case "elseif":
			depth--
		}
		atEnd := depth == 0
		if atEnd || depth == 1 && i > open && (tokens[i].Text == "," || tokens[i].Text == ";") {
			d.field(tokens[from:i])
			from = i
		}
		if atEnd {
			d.end = tokens[i].End
			return i
		}
	}
	return len(tokens)
}

// field reads one field; the first token is the comma or bracket before it.
func (d *declaration) field(tokens []luascan.Token) {
	if len(tokens) < 2 {
		return
	}
	end := tokens[len(tokens)-1].End
	if len(tokens) > 3 && tokens[2].Text == "=" {
		value := tokens[3].Start
		d.fields = append(d.fields, sourceField{tokens[1].Text, tokens[0].Start, end, value, string(d.src[value:end])})
		return
	}
	if d.ref.Name == "" {
		d.ref.Name = string(d.src[tokens[1].Start:end])
		if len(tokens) == 2 {
			d.ref.Name = strings.Trim(d.ref.Name, `"'`)
		}
	}
}

// replace returns a mutant in which the source from start to end is text.
func (d *declaration) replace(change string, start, end int, text string) Mutant {
	return Mutant{d.ref, change, slices.Concat(d.src[:start], []byte(text), d.src[end:])}
}

// without removes all fields with these names.
func (d *declaration) without(change string, names ...string) (m Mutant, ok bool) {
	out := bytes.Clone(d.src)
	for _, f := range slices.Backward(d.fields) {
		if slices.Contains(names, f.name) {
			out, ok = slices.Delete(out, f.start, f.end), true
		}
	}
	return Mutant{d.ref, change, out}, ok
}

// mutants returns all mutants of a rule, also those that do not load.
func (d *declaration) mutants() []Mutant {
	out := []Mutant{d.replace("removed", d.start, d.end, "")}
	flipped := map[string]string{"allow": "deny", "deny": "allow"}
	if to := flipped[d.ref.Kind]; to != "" {
		out = append(out, d.replace("turned into "+to, d.start, d.start+len(d.ref.Kind), to))
	}
	for _, name := range []string{"roles", "callers", "labels", "ops", "when", "days", "tz", "from", "until"} {
		if m, ok := d.without("without "+name, name); ok {
			out = append(out, m)
		}
	}
	window := []string{"hours", "days", "from", "until", "tz"}
	if m, ok := d.without("without its window", window...); ok {
		out = append(out, m)
	}
	for _, f := range d.fields {
		out = append(out, d.mutantsOf(f)...)
	}
	return out
}

// mutantsOf returns the mutants that change the value of a field.
func (d *declaration) mutantsOf(f sourceField) []Mutant {
	set := func(change, text string) Mutant { return d.replace(change, f.value, f.end, text) }
	var out []Mutant
	switch {
	case f.name == "keys" && f.text != `"**"`:
		out = append(out, set(`keys widened to "**"`, `"**"`))
		if strings.Contains(f.text, `/**"`) {
			out = append(out, set(`keys narrowed from ** to *`, strings.ReplaceAll(f.text, `/**"`, `/*"`)))
		}
	case f.name == "roles" && strings.HasPrefix(f.text, `"`):
		out = append(out, set("role renamed", strings.TrimSuffix(f.text, `"`)+`x"`))
	case f.name == "ops" && f.text == `"read"`:
		out = append(out, set("read widened to *", `"*"`))
	case f.name == "mode" && f.text != `"none"`:
		m, _ := d.without("", "keep")
		shown := bytes.Replace(m.Source[d.start:], []byte(f.text), []byte(`"none"`), 1)
		out = append(out, Mutant{d.ref, "mask removed", slices.Concat(m.Source[:d.start], shown)})
	}
	return out
}
