package policy_test

import (
	"fmt"
	"time"

	"github.com/postern-project/postern/runtime/policy"
)

func ExamplePolicy_Decide() {
	p, err := policy.Parse("policy.lua", []byte(`
		allow { "ops-prod", roles = "ops", ops = "read", keys = "prod/**" }
		deny  { "no-root",  keys = "prod/root", reason = "the root key stays in the vault" }
	`), policy.Options{Chain: []string{"vault"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, key := range []string{"prod/db/password", "prod/root", "dev/x"} {
		d := p.Decide(policy.Request{Roles: []string{"ops"}, Op: policy.OpGet, Key: key, Time: at})
		fmt.Printf("%s %v %s %q %q\n", key, d.Allow, d.Code, d.Rule, d.Message)
	}
	// Output:
	// prod/db/password true allowed "ops-prod" ""
	// prod/root false denied_by_rule "no-root" "the root key stays in the vault"
	// dev/x false no_rule "" "no policy rule allows this"
}
