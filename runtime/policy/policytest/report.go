package policytest

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/postern-project/postern/runtime/policy"
)

// Report is the outcome of [RunTests].
type Report struct {
	Policy   string           `json:"policy"`
	Revision string           `json:"revision"`
	Tests    []Result         `json:"tests"`
	Rules    int              `json:"rules"`     // rules of the policy
	Hit      int              `json:"rules_hit"` // rules that took part in a decision of a test
	NeverHit []policy.RuleRef `json:"never_hit"`

	// What [CoverConditions] adds.
	Conditions    int                `json:"conditions,omitempty"`          // of all rules
	Decisive      int                `json:"conditions_decisive,omitempty"` // without which a test fails
	NeverDecisive []policy.Condition `json:"never_decisive,omitempty"`
}

// Result is the outcome of one test.
type Result struct {
	File     string   `json:"file"`
	Name     string   `json:"name"`
	Line     int      `json:"line"`
	Checks   int      `json:"checks"`
	Failures []string `json:"failures"` // each with the explanation of the decision
}

// Failed returns the number of tests that failed.
func (r Report) Failed() int {
	n := 0
	for _, t := range r.Tests {
		if len(t.Failures) > 0 {
			n++
		}
	}
	return n
}

// OK reports whether there were tests, all passed, and at least minRules rules
// were hit.
func (r Report) OK(minRules int) bool {
	return len(r.Tests) > 0 && r.Failed() == 0 && r.Hit >= minRules
}

// WriteText writes the failures and a summary, for people.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, t := range r.Tests {
		if len(t.Failures) == 0 {
			continue
		}
		fmt.Fprintf(&b, "FAIL %s:%d: %s\n%s\n", t.File, t.Line, t.Name, indent(strings.Join(t.Failures, "\n"), "    "))
	}
	fmt.Fprintf(&b, "%s, %d failed; %s\n", count(len(r.Tests), "test"), r.Failed(), r.Coverage())
	_, err := io.WriteString(w, b.String())
	return err
}

func indent(s, by string) string { return by + strings.ReplaceAll(s, "\n", "\n"+by) }

// WriteTAP writes the report in version 13 of the Test Anything Protocol.
func (r Report) WriteTAP(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 13\n1..%d\n", len(r.Tests))
	for i, t := range r.Tests {
		name := strings.ReplaceAll(t.Name, "#", `\#`)
		if len(t.Failures) == 0 {
			fmt.Fprintf(&b, "ok %d - %s\n", i+1, name)
			continue
		}
		fmt.Fprintf(&b, "not ok %d - %s\n%s\n", i+1, name, indent(strings.Join(t.Failures, "\n"), "# "))
	}
	fmt.Fprintf(&b, "# %s\n", r.Coverage())
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the report as one JSON object.
func (r Report) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

// count returns a number with its noun: "1 test", "2 tests".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
