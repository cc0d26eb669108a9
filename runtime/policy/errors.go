package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/postern-project/postern/runtime/policy/internal/luabox"
)

// LoadError describes why a policy cannot be loaded. It is meant for the author
// of the policy: it may quote names from the file, at most 64 characters each.
type LoadError struct {
	File string
	Line int    // 0 if the error is not about one line
	Rule string // kind and name, for example `allow "ops"`; "" outside a rule
	Msg  string
	Hint string // the name that was probably meant, "" if unknown
	Err  error  // the cause if a file could not be read, else nil
}

// Unwrap returns Err.
func (e *LoadError) Unwrap() error { return e.Err }

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

// loadError turns an error of the sandbox into a LoadError, and returns any
// other error unchanged.
func loadError(err error) error {
	var e *luabox.Error
	if errors.As(err, &e) {
		return &LoadError{File: e.File, Line: e.Line, Msg: e.Msg, Hint: e.Hint}
	}
	return err
}

// hinted is an error about a word in a rule, with the word that was probably
// meant.
type hinted struct{ msg, hint string }

func (h *hinted) Error() string { return h.msg }
