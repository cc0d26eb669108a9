package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/postern-project/postern/runtime/glob"
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
	r.Diagnostics = append(slices.Clone(p.warnings), p.lint()...)
	slices.SortStableFunc(r.Diagnostics, func(a, b Diagnostic) int { return a.Line - b.Line })
	return r
}

func failedReport(name string, opts Options, err error) Report {
	d := Diagnostic{Severity: Error, File: name, Msg: err.Error()}
	var le *LoadError
	if errors.As(err, &le) {
		d = Diagnostic{Error, le.File, le.Line, le.Rule, le.Msg, le.Hint}
	}
	return Report{File: name, Limits: opts.Limits.withDefaults(), Diagnostics: []Diagnostic{d}}
}

// maxCompared is the largest number of rules of which lint compares all pairs.
const maxCompared = 3000

// lint looks for rules that have no effect or allow everything.
func (p *Policy) lint() []Diagnostic {
	var out []Diagnostic
	compare := p.rules
	if len(compare) > maxCompared {
		compare = nil
		out = append(out, Diagnostic{Severity: Warning, File: p.file, Msg: fmt.Sprintf("more than %d rules; they were not compared with each other", maxCompared)})
	}
	for i, r := range p.rules {
		warn := func(format string, args ...any) {
			out = append(out, Diagnostic{Severity: Warning, File: r.file, Line: r.line, Rule: r.describe(), Msg: fmt.Sprintf(format, args...)})
		}
		if r.kind == kindAllow && r.everyone() && slices.ContainsFunc(r.keys, (*glob.Glob).MatchesAll) {
			warn("allows everyone everything, except for what a deny rule covers")
		}
		for j, other := range compare {
			switch {
			case i == j || !other.covers(r):
			case r.kind == kindAllow && other.kind == kindDeny:
				warn("never allows: deny %.64q in line %d covers it", other.name, other.line)
			case r.kind == other.kind && !accessKinds.has(r.kind) && j < i:
				warn("never matches: %.64q in line %d covers it and comes first", other.name, other.line)
			}
		}
	}
	return out
}

// everyone reports whether r has no condition on the caller.
func (r *rule) everyone() bool {
	return len(r.roles) == 0 && len(r.callers) == 0 && len(r.labels) == 0 && r.when == nil
}

// covers reports whether r certainly matches whenever other does. False means only
// that this could not be shown.
func (r *rule) covers(other *rule) bool {
	if r.window != nil || r.when != nil || other.ops&^r.ops != 0 {
		return false
	}
	subset := func(some, all []string) bool {
		return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
	}
	if len(r.roles) > 0 && (len(other.roles) == 0 || !subset(other.roles, r.roles)) {
		return false
	}
	for _, l := range r.labels {
		if !slices.Contains(other.labels, l) {
			return false
		}
	}
	return (len(r.callers) == 0 || r.callers.Covers(other.callers)) && r.keys.Covers(other.keys)
}

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
	_, err := fmt.Fprintf(w, "%s: ok, %d rules, revision %s, used %d of %d instructions, %d of %d KiB memory, %d of %d KiB source, nesting %d of %d\n",
		r.File, r.Rules, r.Revision, r.Used.Instructions, r.Limits.LoadInstructions, r.Used.Bytes>>10, r.Limits.LoadBytes>>10,
		r.Used.Source>>10, r.Limits.Source>>10, r.Used.Nesting, r.Limits.Nesting)
	return err
}

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	r.Diagnostics = orEmpty(r.Diagnostics)
	return json.NewEncoder(w).Encode(r)
}
