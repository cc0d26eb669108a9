package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/policy/internal/lint"
)

// Severity is how serious a [Diagnostic] is.
type Severity string

// The severities. A policy with an [Error] does not load.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is one finding about a policy file.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	ID       string   `json:"id"` // of the kind of finding; see [DiagnosticIDs]
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Rule     string   `json:"rule,omitempty"`
	Msg      string   `json:"message"`
	Hint     string   `json:"hint,omitempty"`
}

// String formats the finding as file:line: rule: message. A warning has the word
// warning before the rule.
func (d Diagnostic) String() string {
	s := (&LoadError{File: d.File, Line: d.Line, Rule: d.Rule, Msg: d.Msg, Hint: d.Hint}).Error()
	if d.Severity == Error {
		return s
	}
	prefix := d.File
	if d.Line > 0 {
		prefix = fmt.Sprintf("%s:%d", d.File, d.Line)
	}
	return prefix + ": warning" + s[len(prefix):]
}

// Report is the result of [Check].
type Report struct {
	File        string       `json:"file"`
	Revision    string       `json:"revision,omitempty"` // "" if the policy does not load
	Rules       int          `json:"rules"`
	Used        Used         `json:"used"`
	Limits      Limits       `json:"-"`
	Diagnostics []Diagnostic `json:"diagnostics"`
}

// OK reports whether the policy loads.
func (r Report) OK() bool { return r.Revision != "" }

// Check loads the policy file at path and looks for probable mistakes, such as
// rules that can never match and unused local variables. A policy that cannot be
// read or parsed gives a report with one [Error].
func Check(path string, opts Options) Report {
	c, err := fileSource{path, opts}.Read()
	if err != nil {
		return failedReport(filepath.Base(path), opts, err)
	}
	opts.Libs = c.Libs
	return CheckSource(c.Name, c.Source, opts)
}

// CheckSource is like [Check], for a policy in memory. name stands for the file.
func CheckSource(name string, src []byte, opts Options) Report {
	p, err := Parse(name, src, opts)
	if err != nil {
		return failedReport(name, opts, err)
	}
	r := Report{File: name, Revision: p.revision, Rules: len(p.rules), Used: p.used, Limits: p.opts.Limits}
	r.Diagnostics = append(slices.Clone(p.warnings), p.lint(src)...)
	slices.SortStableFunc(r.Diagnostics, func(a, b Diagnostic) int { return a.Line - b.Line })
	return r
}

func failedReport(name string, opts Options, err error) Report {
	d := Diagnostic{Severity: Error, ID: idLoad, File: name, Msg: err.Error()}
	var le *LoadError
	if errors.As(err, &le) {
		d = Diagnostic{Error, idLoad, le.File, le.Line, le.Rule, le.Msg, le.Hint}
	}
	if strings.HasPrefix(d.Msg, "syntax error") {
		d.ID = idSyntax
	}
	return Report{File: name, Limits: opts.Limits.withDefaults(), Diagnostics: []Diagnostic{d}}
}

// lint looks for rules that have no effect, allow everything, or say something else
// than was meant.
func (p *Policy) lint(src []byte) []Diagnostic {
	view := lint.Policy{
		File: p.file, Source: src, Chain: p.opts.Chain,
		Reads: uint8(opsRead &^ bitsOf(OpKeys)), Lists: uint8(bitsOf(OpKeys)), Sets: uint8(opsSet), Deletes: uint8(bitsOf(OpDelete)),
	}
	for _, r := range p.rules {
		view.Rules = append(view.Rules, r.view())
	}
	var out []Diagnostic
	for _, f := range lint.Check(view) {
		out = append(out, Diagnostic{Severity: Warning, ID: f.ID, File: f.File, Line: f.Line, Rule: f.Rule, Msg: f.Msg})
	}
	return out
}

// view returns what lint sees of r.
func (r *rule) view() lint.Rule {
	v := lint.Rule{
		Kind: lint.Kind(r.kind.String()), Name: r.name, File: r.file, Line: r.line, Keys: r.keys, Ops: uint8(r.ops), Callers: r.callers,
		Window: r.window, When: r.when != nil, Reason: r.reason != "", Providers: r.providers, Mode: string(r.mask.Mode),
	}
	for _, name := range r.roles {
		if g, err := glob.Parse(name); err == nil {
			v.AnyRole = append(v.AnyRole, g)
		}
	}
	if r.groups != nil {
		v.AnyRole, v.AllRoles, v.NoRoles = append(v.AnyRole, r.groups.Any...), r.groups.All, r.groups.None
	}
	for _, l := range r.labels {
		v.Labels = append(v.Labels, lint.Label{Name: l.name, Value: l.value})
	}
	return v
}

// DiagnosticIDs returns the identifiers of the findings of [Check], with a
// description of each.
func DiagnosticIDs() map[string]string {
	ids := lint.IDs()
	ids[idLoad] = "The policy does not load."
	ids[idSyntax] = "The policy is not valid Lua."
	ids["unused-local"] = "A local variable or a module is never used."
	ids["hidden-local"] = "A local variable hides another one."
	ids["when-loop"] = "A predicate has a loop, which costs time on each request."
	return ids
}

const (
	idLoad   = "load"
	idSyntax = "syntax"
)

// WriteText writes the report for people.
func (r Report) WriteText(w io.Writer) error {
	for _, d := range r.Diagnostics {
		if _, err := fmt.Fprintln(w, d); err != nil {
			return err
		}
	}
	if !r.OK() {
		return nil
	}
	rules := "1 rule"
	if r.Rules != 1 {
		rules = fmt.Sprintf("%d rules", r.Rules)
	}
	_, err := fmt.Fprintf(w, "%s: ok, %s, revision %s, used %d of %d instructions, %d of %d KiB memory, %d of %d KiB source, nesting %d of %d\n",
		r.File, rules, r.Revision, r.Used.Instructions, r.Limits.LoadInstructions, r.Used.Bytes>>10, r.Limits.LoadBytes>>10,
		r.Used.Source>>10, r.Limits.Source>>10, r.Used.Nesting, r.Limits.Nesting)
	return err
}

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	r.Diagnostics = orEmpty(r.Diagnostics)
	return json.NewEncoder(w).Encode(r)
}
