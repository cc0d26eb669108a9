package policy

import (
	"fmt"

	"github.com/postern-project/postern/runtime/redact/mask"
)

// Code is the reason for a decision. Codes are stable; programs may compare them.
type Code string

// The codes of a Decision.
const (
	Allowed       Code = "allowed"        // an allow rule matched, no deny rule did
	DeniedByRule  Code = "denied_by_rule" // a deny rule matched
	NoRule        Code = "no_rule"        // no rule matched, so the default applies
	PolicyError   Code = "policy_error"   // a predicate or hook failed, or the request is invalid
	LimitExceeded Code = "limit_exceeded" // a predicate or hook used up a budget
	NoPolicy      Code = "no_policy"      // no policy is loaded
	StalePolicy   Code = "stale_policy"   // reloading has failed for too long
	NoChain       Code = "no_chain"       // an allow rule matched, but no provider may be asked
)

// Decision is the answer to a Request. The zero Decision denies. If Err is not nil,
// Allow is false.
type Decision struct {
	Allow     bool
	Code      Code
	Rule      string   // the rule that decided; of several, the one declared first; "" for none
	File      string   // where Rule is declared
	Line      int      // its line, 0 for none
	Message   string   // for the caller: the reason of the rule, or a fixed text
	Chain     string   // chain rule that chose Providers, "" for the configured chain
	Providers []string // who may be asked, in this order; must not be modified
	Pin       string   // provider that a pin rule fixed for the key, "" for none
	Mask      Mask     // how the key's value is shown; zero if no redact rule names the key
	MaskRule  string   // the redact rule, "" for none
	Revision  string   // the policy that decided
	Err       error    // an *EvalError if Lua failed, else the problem with the request
}

// Mask is how a redact rule shows values: a valid [mask.Mask], or [MaskNone].
type Mask = mask.Mask

// MaskNone is the mode of a redact rule that shows a value in full to those who
// ask for it, and in output that the command masks for them. It is not valid in
// package mask: logs show nothing of the value.
const MaskNone mask.Mode = "none"

// EvalError describes which rule failed to run and where. Its text comes from this
// package and the policy file, not from a script, so callers may see it.
type EvalError struct {
	Code Code   // PolicyError or LimitExceeded
	Rule string // the rule whose predicate or hook failed
	File string
	Line int // of the failure if it is known, else of the rule

	detail string // for the author of the policy only
}

// Error names the rule, the file and the line.
func (e *EvalError) Error() string {
	what := "failed"
	if e.Code == LimitExceeded {
		what = "exceeded its budget"
	}
	return fmt.Sprintf("policy rule %q %s at %s:%d", e.Rule, what, e.File, e.Line)
}

// GoString returns the same as Error, so that %#v does not show the detail.
func (e *EvalError) GoString() string { return e.Error() }

// Detail returns what Lua reported: one line of at most 300 characters, which may
// contain anything that the request contains. Show it to policy authors only, not to
// callers.
func (e *EvalError) Detail() string { return e.detail }
