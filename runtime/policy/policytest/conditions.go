package policytest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/postern-project/postern/runtime/policy"
)

// Condition is a condition of a rule.
type Condition struct {
	Rule  policy.RuleRef `json:"rule"`
	Field string         `json:"field"` // for example "roles"; "hours" stands for the whole window
}

// String describes the condition.
func (c Condition) String() string {
	name := c.Rule.Name
	if !strings.Contains(name, `"`) { // else it is an expression
		name = strconv.Quote(name)
	}
	return fmt.Sprintf("%s of %s %s", c.Field, c.Rule.Kind, name)
}

// CoverConditions adds to a report which conditions of the rules made a difference:
// a test fails without them. It runs all tests once for each condition. src is the
// policy's source, and files are its tests, which must pass.
func CoverConditions(r *Report, p *policy.Policy, src []byte, files []File) error {
	var removed []Mutant
	for _, m := range Mutants(p, src) {
		if m.Condition != "" {
			removed = append(removed, m)
		}
	}
	survivors, err := Survivors(p, removed, files)
	if err != nil {
		return err
	}
	r.Conditions, r.Decisive, r.NeverDecisive = len(removed), len(removed)-len(survivors), []Condition{}
	for _, m := range survivors {
		r.NeverDecisive = append(r.NeverDecisive, Condition{m.Rule, m.Condition})
	}
	return nil
}
