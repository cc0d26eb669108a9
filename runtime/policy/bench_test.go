package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
)

// manyRules returns a policy of n rules like a real one: a chain, a deny rule, a
// time window, masks, and a role for each team.
func manyRules(n int) string {
	var b strings.Builder
	b.WriteString(`chain { "all", keys = "**", providers = { "vault", "env" } }
deny { "read-only", ops = "write", keys = "prod/**" }
redact { "tokens", keys = { "**/*token*", "**/password" }, mode = "full" }
allow { "ops", roles = "ops", ops = "read", keys = "prod/**" }
allow { "ci", roles = "ci", ops = "get", keys = "ci/**", hours = "08:00-20:00", days = "mon-fri", tz = "Europe/Berlin" }
`)
	for i := 5; i < n; i++ {
		fmt.Fprintf(&b, "allow { \"team-%d\", roles = { \"team-%d\", \"lead-%d\" }, ops = \"*\", keys = \"team/%d/**\" }\n", i, i, i, i)
	}
	return b.String()
}

func benchRequests(n int) []policy.Request {
	return []policy.Request{
		{Caller: "uid:1000", Roles: []string{"ops"}, Op: policy.OpGet, Key: "prod/db/password", Time: noon},
		{Caller: "uid:1000", Roles: []string{"ci"}, Op: policy.OpGet, Key: "ci/registry/token", Time: noon},
		{Caller: "uid:1000", Roles: []string{"ops"}, Op: policy.OpSet, Key: "prod/db/password", Time: noon},
		{Caller: "uid:1000", Roles: []string{"dev", fmt.Sprintf("team-%d", n-1)}, Op: policy.OpSet, Key: fmt.Sprintf("team/%d/db/password", n-1), Time: noon},
		{Caller: "uid:1000", Roles: []string{"dev"}, Op: policy.OpGet, Key: "other/key", Time: noon},
	}
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{10, 200} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			p := parse(b, manyRules(n))
			reqs := benchRequests(n)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p.Decide(reqs[i%len(reqs)])
			}
		})
	}
	b.Run("rules=200/one-prefix", func(b *testing.B) {
		p := parse(b, strings.ReplaceAll(manyRules(200), `keys = "team/`, `keys = "*/`))
		reqs := benchRequests(200)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			p.Decide(reqs[i%len(reqs)])
		}
	})
}

// BenchmarkDecideByCaller decides with rules that differ in their callers only.
func BenchmarkDecideByCaller(b *testing.B) {
	for _, n := range []int{20, 200, 2000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			var text strings.Builder
			for i := range n {
				fmt.Fprintf(&text, "allow { \"app-%d\", callers = \"app-%d\", ops = \"get\", keys = { \"shared/**\", \"app/%d/**\" } }\n", i, i, i)
			}
			p := parse(b, text.String())
			req := policy.Request{Caller: fmt.Sprintf("app-%d", n-1), Op: policy.OpGet, Key: "shared/db/password", Time: noon}
			b.ReportAllocs()
			for b.Loop() {
				if !p.Decide(req).Allow {
					b.Fatal("denied")
				}
			}
		})
	}
}

func BenchmarkPredicate(b *testing.B) {
	for name, body := range map[string]string{
		"segment": `std.segment(req.key, 2) == req.labels.team`,
		"label":   `req.labels.team == "blue"`,
		"role":    `req.roles.dev == true`,
	} {
		b.Run(name, func(b *testing.B) {
			p := parse(b, `local std = require "std/v1"
			allow { "team", keys = "team/**", when = function(req) return `+body+` and std ~= nil end }`)
			req := policy.Request{Caller: "uid:1000", Roles: []string{"dev"}, Op: policy.OpGet, Key: "team/blue/x", Time: noon, Labels: map[string]string{"team": "blue"}}
			b.ReportAllocs()
			for b.Loop() {
				if !p.Decide(req).Allow {
					b.Fatal("denied")
				}
			}
		})
	}
}

func BenchmarkLoad500(b *testing.B) {
	src := []byte(manyRules(500))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.Parse("policy.lua", src, policy.Options{Chain: []string{"env"}}); err != nil {
			b.Fatal(err)
		}
	}
}
