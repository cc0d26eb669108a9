package policy

import (
	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// Command returns the command policy.
func Command(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "policy",
		Usage: "check, test and explain policies",
		Description: `A policy is a Lua file that says who may do what with which key. What no rule
allows is denied:

    allow { "deployment", callers = "ci/*", keys = "app/**", ops = "read" }

The setting "policy" of the configuration names the file:

    policy: policy.lua

Without a policy, the preset "open" lets every caller do anything, and doctor
warns of it. For a request that was denied, "postern explain KEY" shows the
rules that nearly matched. Commands that take a FILE use the configured policy
if FILE is omitted, and libraries beside FILE if they are there in the places
that those of policy_libs have beside the configured policy.`,
		Commands: []*cli.Command{
			check(a), test(a), explain(a), diff(a), stubs(a),
		},
	}
}

func formatFlag(formats string) *cli.StringFlag {
	return &cli.StringFlag{Name: "format", Usage: "write the result in `FORMAT`: " + formats, Value: "text"}
}
