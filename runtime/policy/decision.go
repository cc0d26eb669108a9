package policy

import (
	"fmt"

	"github.com/postern-project/postern/runtime/redact/mask"
)

// Code says why a decision is what it is. Codes are stable: programs may
// compare them.
type Code string

// The codes of a Decision.
const (
	Allowed       Code = "allowed"        // an allow rule matched, no deny rule did
	DeniedByRule  Code = "denied_by_rule" // a deny rule matched
	NoRule        Code = "no_rule"        // no rule matched: the default is deny
	PolicyError   Code = "policy_error"   // a predicate or hook failed, or the request is not valid
	LimitExceeded Code = "limit_exceeded" // a predicate or hook used up a budget
	NoPolicy      Code = "no_policy"      // no policy is loaded
	StalePolicy   Code = "stale_policy"   // reloading has failed for too long
	NoChain       Code = "no_chain"       // allowed, but no provider may be asked
)

// Decision is the answer to one Request. The zero Decision denies. A Decision
// never allows when Err is set.
type Decision struct {
	Allow     bool
	Code      Code
	Rule      string   // earliest declared rule that decided, "" for none
	File      string   // where that rule is declared
	Line      int      // its line, 0 for none
	Message   string   // for the caller: the reason of the rule, or a fixed text
	Chain     string   // chain rule that chose Providers, "" for the configured chain
	Providers []string // who may be asked, in order; shared, not to be changed
	Pin       string   // provider that a pin rule fixed for the key, "" for none
	Mask      Mask     // how the key's value is shown; zero if no redact rule names the key
	MaskRule  string   // the redact rule, "" for none
	Revision  string   // the policy that decided
	Err       error    // a *EvalError if Lua failed, else what is wrong with the request
}

// Mask is how a redact rule shows values: a valid [mask.Mask], or [MaskNone].
type Mask = mask.Mask

// MaskNone is the mode of a redact rule that shows a value in full to those who
// ask for it. It is not valid in package mask: logs show nothing of the value.
const MaskNone mask.Mode = "none"

// EvalError says which rule failed to run and where. It holds no text that a
// script made, so it may be shown to callers.
type EvalError struct {
	Code Code   // PolicyError or LimitExceeded
	Rule string // the rule whose predicate or hook failed
	File string
	Line int // line of the failure, or of the rule

	detail string // what Lua said; for the policy's author alone
}

// Error names the rule and the place.
func (e *EvalError) Error() string {
	what := "failed"
	if e.Code == LimitExceeded {
		what = "exceeded its budget"
	}
	return fmt.Sprintf("policy rule %q %s at %s:%d", e.Rule, what, e.File, e.Line)
}

// GoString keeps %#v from showing more than Error does.
func (e *EvalError) GoString() string { return e.Error() }

// Detail is what Lua reported, bounded and quoted, for tools that the
// policy's author runs. It must not reach a caller.
func (e *EvalError) Detail() string { return e.detail }
