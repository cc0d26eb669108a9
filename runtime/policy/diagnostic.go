package policy

import "fmt"

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
