package policy

import (
	"fmt"
	"strings"
)

// LoadError says why a policy cannot be loaded. It is meant for the policy's
// author: names of the file may appear in it, quoted and bounded.
type LoadError struct {
	File string
	Line int    // 0 if the whole file is meant
	Rule string // kind and name, for example `allow "ops"`; "" outside a rule
	Msg  string
	Hint string // what was probably meant, "" if unknown
}

// Error formats the error as file:line: rule: message (did you mean "x"?).
func (e *LoadError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Rule != "" {
		b.WriteString(e.Rule)
		b.WriteString(": ")
	}
	b.WriteString(e.Msg)
	if e.Hint != "" {
		fmt.Fprintf(&b, " (did you mean %q?)", e.Hint)
	}
	return b.String()
}

// quote shows a name from a policy file: quoted, and cut when it is long.
func quote(s string) string {
	const most = 64
	if len(s) > most {
		s = s[:most] + "..."
	}
	return fmt.Sprintf("%q", s)
}
