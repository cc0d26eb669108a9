package policytest

import "github.com/postern-project/postern/runtime/policy"

// CoverConditions adds to a report which conditions of the rules made a difference:
// a test fails without them. It runs all tests once for each of [policy.Policy.Conditions],
// however the source writes the rules, and wherever: in p itself or in a module. files
// are the tests, which must pass.
func CoverConditions(r *Report, p *policy.Policy, files []File) error {
	all := p.Conditions()
	r.Conditions, r.NeverDecisive = len(all), []policy.Condition{}
	for _, c := range all {
		without, err := RunTests(p.Without(c), files, nil)
		if err != nil {
			return err
		}
		if without.Failed() == 0 {
			r.NeverDecisive = append(r.NeverDecisive, c)
		}
	}
	r.Decisive = len(all) - len(r.NeverDecisive)
	return nil
}
