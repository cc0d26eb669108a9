package policytest_test

import (
	"fmt"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

func ExampleRunTests() {
	p, err := policy.Parse("policy.lua", []byte(`allow { "ops", roles = "ops", keys = "prod/**" }`), policy.Options{Chain: []string{"vault"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := policytest.RunTests(p, []policytest.File{{Name: "policy_test.lua", Source: []byte(`
		test("ops reads prod", function(t)
			t.allow { roles = "ops", key = "prod/db/password", rule = "ops" }
			t.deny { roles = "dev", key = "prod/db/password", code = "no_rule" }
		end)`)}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Failed(), "failed;", report.Coverage())
	// Output: 0 failed; rules hit 1/1
}
