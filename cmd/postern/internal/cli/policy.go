package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

func (a *app) policyCommand() *cli.Command {
	return &cli.Command{
		Name:  "policy",
		Usage: "check, test and explain policies",
		Description: `A policy is a Lua file that says who may do what with which key. The key
"policy" of the configuration names it:

    policy: policy.lua

Without one the preset open decides: everybody may do everything. Where a
command takes a FILE, the configured policy is meant when it is left out.`,
		Commands: []*cli.Command{
			a.policyCheckCommand(), a.policyTestCommand(), a.policyExplainCommand(), a.policyDiffCommand(), a.policyStubsCommand(),
		},
	}
}

// subject is the policy that a command is about: a file or a preset.
type subject struct {
	path, preset string
	opts         policy.Options
}

// name is what people call it.
func (s subject) name() string {
	if s.preset != "" {
		return "the preset " + s.preset
	}
	return s.path
}

// subject returns the policy of a file, or the configured one when path is "".
// What surrounds it comes from the configuration, which need not be trusted:
// nothing of it is opened. Without a configuration a policy may name any
// provider.
func (a *app) subject(cmd *cli.Command, path string) (subject, error) {
	s, err := a.sources(cmd)
	if err != nil {
		return subject{}, err
	}
	c, err := config.Inspect(s)
	if err != nil {
		return subject{}, err
	}
	f := c.Options.PolicyFile
	about := subject{path: path, opts: policy.Options{LibFiles: f.Libs}}
	if path == "" {
		about.path, about.preset = f.Path, f.Preset
	}
	for _, p := range c.Options.Providers {
		about.opts.Providers = append(about.opts.Providers, p.Name)
	}
	about.opts.Chain = about.opts.Providers
	if len(c.Options.Chain) > 0 {
		about.opts.Chain = nil
		for _, l := range c.Options.Chain {
			about.opts.Chain = append(about.opts.Chain, l.Name)
		}
	}
	if c.Path == "" {
		about.opts.Providers = nil
	}
	return about, nil
}

// load compiles the policy.
func (s subject) load() (*policy.Policy, error) {
	var p *policy.Policy
	var err error
	if s.preset == "" {
		p, err = policy.Load(s.path, s.opts)
	} else if src, ok := policies.Source(s.preset); ok {
		p, err = policy.Parse(s.preset+".lua", src, s.opts)
	} else {
		err = fmt.Errorf("no preset is named %q", s.preset)
	}
	if err != nil {
		return nil, unloadable(err, s.path)
	}
	return p, nil
}

// check looks for mistakes, under the name by which the file was called.
func (s subject) check() policy.Report {
	if s.preset != "" {
		src, _ := policies.Source(s.preset)
		return policy.CheckSource(s.preset+".lua", src, s.opts)
	}
	r := policy.Check(s.path, s.opts)
	r.File = s.path
	for i, d := range r.Diagnostics {
		if d.File == filepath.Base(s.path) {
			r.Diagnostics[i].File = s.path
		}
	}
	return r
}

// unloadable is the error of a policy that cannot be used.
func unloadable(err error, path string) error {
	hint := "postern policy check"
	if path != "" {
		hint += " " + clean(path)
	}
	return (&secret.Error{Code: secret.ErrLoad, Detail: "policy: " + err.Error()}).Wrap(config.Hint(hint))
}

func formatFlag(formats string) *cli.StringFlag {
	return &cli.StringFlag{Name: "format", Usage: "write it as `FORMAT`: " + formats, Value: "text"}
}

func atFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: "at", Usage: "decide as if it were `TIME`, such as 2026-03-02T22:00:00Z"}
}

func opFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: "op", Usage: "the operation `OP`: get, set, delete, keys, watch", Value: "get"}
}

// moment reads the flag --at; now when it is not set.
func moment(cmd *cli.Command) (time.Time, error) {
	text := cmd.String("at")
	if text == "" {
		return time.Now(), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usageOf(cmd, "--at wants a time such as 2026-03-02T22:00:00Z")
	}
	return at, nil
}

// defaultCaller is who asks when nobody says so.
func defaultCaller() string { return fmt.Sprintf("uid:%d", os.Getuid()) }

func (a *app) policyExplainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say how a policy decides one request, and what came close",
		ArgsUsage: "[FILE]",
		Description: `The roles and labels of the request are those of --role and --label. Rules
that did not match follow the decision, nearest first, with the conditions that
failed. The policy's predicates run; nothing else does.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "caller", Usage: "who asks: `CALLER`, else that of --as"},
			&cli.StringFlag{Name: "key", Usage: "for which `KEY`"},
			opFlag(), atFlag(), jsonFlag(),
		},
		Action: a.action(a.policyExplain),
	}
}

func (a *app) policyExplain(_ context.Context, cmd *cli.Command) error {
	if err := wantArgs(cmd, 0, 1); err != nil {
		return err
	}
	req, err := a.explained(cmd)
	if err != nil {
		return err
	}
	s, err := a.subject(cmd, cmd.Args().First())
	if err != nil {
		return err
	}
	p, err := s.load()
	if err != nil {
		return err
	}
	x := p.Explain(req)
	if cmd.Bool("json") {
		return a.printJSON(x)
	}
	return x.WriteText(a.out)
}

// explained is the request that the flags describe.
func (a *app) explained(cmd *cli.Command) (req policy.Request, err error) {
	key := secret.Key(cmd.String("key"))
	if key == "" {
		return req, usageOf(cmd, "the flag --key is missing")
	}
	if err := key.Check(); err != nil {
		return req, err
	}
	op, ok := policy.ParseOp(cmd.String("op"))
	if !ok {
		return req, usageOf(cmd, "--op is one of get, set, delete, keys, watch")
	}
	at, err := moment(cmd)
	if err != nil {
		return req, err
	}
	s, err := a.sources(cmd)
	if err != nil {
		return req, err
	}
	c, err := config.Inspect(s)
	if err != nil {
		return req, err
	}
	who := c.Options.Caller
	caller := cmp.Or(cmd.String("caller"), who.Name, defaultCaller())
	return policy.Request{Caller: caller, Roles: who.Roles, Labels: who.Labels, Op: op, Key: string(key), Time: at}, nil
}
