package secrets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// Explain returns the command explain.
func Explain(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "show which providers a request would query, and why (dry run)",
		ArgsUsage: "KEY",
		Description: `Shows how the configured policy decides a request: the rule, the chain, which
providers would be asked in which order, why the others would not be asked, and which
rules nearly matched. It asks no provider and reads no value.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "caller", Usage: "the `CALLER` of the request (default: that of --as)"},
			&cli.StringFlag{Name: "provider", Usage: "explain the request as if only `NAME` were asked"},
			app.OpFlag(), app.AtFlag(), app.JSONFlag(),
		},
		Action: a.Action(runExplain),
	}
}

// explanation is the output of explain, and of its --json.
type explanation struct {
	Key       string             `json:"key"`
	Op        string             `json:"op"`
	Caller    string             `json:"caller"`
	Roles     []string           `json:"roles"`
	Labels    map[string]string  `json:"labels"`
	Policy    string             `json:"policy"`
	Decision  policy.Explanation `json:"decision"`
	Providers []askedProvider    `json:"providers"`
	Writers   []string           `json:"writers,omitempty"` // set, delete: the first that has the key, else the first
}

// askedProvider is a configured provider and its place in the request.
type askedProvider struct {
	Name   string `json:"name"`
	Module string `json:"module"`
	Place  int    `json:"place"` // 1 if it is asked first; 0 if it is not asked
	Why    string `json:"why"`   // the reason why it is not asked, "" if it is
}

func runExplain(ctx context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 1, 1); err != nil {
		return err
	}
	key := secret.Key(cmd.Args().First())
	if err := key.Check(); err != nil {
		return err
	}
	if _, err := app.Operation(cmd); err != nil {
		return err
	}
	op := secret.Op(cmd.String("op"))
	at, err := app.Moment(cmd)
	if err != nil {
		return err
	}
	c, err := a.Load(cmd)
	if err != nil {
		return err
	}
	c.Options.DecisionLog = runtime.DecisionLog{} // a dry run is not recorded
	if cmd.String("at") != "" {
		c.Options.Now = func() time.Time { return at }
	}
	if caller := cmd.String("caller"); caller != "" {
		c.Options.Caller.Name = caller
	}
	return a.WithConfig(ctx, c, func(_ context.Context, s app.Session) error {
		to, err := s.At(cmd.String("provider"))
		if err != nil {
			return err
		}
		x := explainRequest(s, to, op, key, cmd.String("provider"))
		if cmd.Bool("json") {
			return a.PrintJSON(x)
		}
		return a.PrintTable(x.rows())
	})
}

func explainRequest(s app.Session, to app.Client, op secret.Op, key secret.Key, only string) explanation {
	who, f := to.Caller(), s.Config().Options.PolicyFile
	x := explanation{
		Key: string(key), Op: string(op), Caller: who.Name, Roles: append([]string{}, who.Roles...), Labels: who.Labels,
		Policy: cmp.Or(f.Path, "preset "+f.Preset), Decision: to.Explain(op, key),
	}
	order := x.Decision.Asked
	if only != "" && (x.Decision.Decision.Allow || slices.Contains(order, only)) {
		order = []string{only}
	}
	if (op == secret.OpSet || op == secret.OpDelete) && x.Decision.Decision.Allow {
		x.Writers = to.Writers(op, key)
	}
	for _, p := range s.Providers() {
		asked := place(p.Name, order, only, x.Decision)
		asked.Module = p.Module
		x.Providers = append(x.Providers, asked)
	}
	slices.SortStableFunc(x.Providers, func(a, b askedProvider) int {
		switch {
		case a.Place == 0 && b.Place == 0:
			return 0
		case a.Place == 0:
			return 1
		case b.Place == 0:
			return -1
		}
		return a.Place - b.Place
	})
	return x
}

// place returns the place of a provider in the request, or the reason why it has
// none.
func place(name string, order []string, only string, x policy.Explanation) askedProvider {
	p := askedProvider{Name: name, Place: slices.Index(order, name) + 1}
	switch {
	case !x.Decision.Allow:
		p.Place, p.Why = 0, "the request is denied before any provider is asked"
	case p.Place > 0:
	case x.Decision.Pin != "":
		p.Why = fmt.Sprintf("the key is pinned to %s", x.Decision.Pin)
	case only != "":
		p.Why = fmt.Sprintf("only %s would be asked", only)
	case x.Chain != "":
		p.Why = fmt.Sprintf("the chain rule %q leaves it out", x.Chain)
	default:
		p.Why = "it is not in the configured chain"
	}
	return p
}

// rows returns the explanation as a table.
func (x explanation) rows() [][]string {
	d := x.Decision.Decision
	effect := "deny"
	if d.Allow {
		effect = "allow"
	}
	rows := [][]string{
		trimmed(effect, string(d.Code), d.Message),
		{"request", x.Op + " " + x.Key, x.caller()},
		{"policy", d.Revision, x.Policy},
	}
	if d.Rule != "" {
		rows = append(rows, []string{"rule", d.Rule, fmt.Sprintf("%s:%d", d.File, d.Line)})
	}
	chain := "as configured"
	if x.Decision.Chain != "" {
		chain = x.Decision.Chain
	}
	rows = append(rows, []string{"chain", chain, strings.Join(x.Decision.Asked, " ")})
	for _, p := range x.Providers {
		if p.Place > 0 {
			rows = append(rows, []string{fmt.Sprintf("asked %d", p.Place), p.Name, "module " + p.Module})
		} else {
			rows = append(rows, []string{"not asked", p.Name, p.Why})
		}
	}
	if write := x.Op == string(secret.OpSet) || x.Op == string(secret.OpDelete); write && d.Allow {
		rows = append(rows, x.writer())
	}
	mask, by := "in full", "no redact rule matches the key"
	if d := x.Decision; d.MaskRule != "" {
		mask, by = strings.TrimSuffix(fmt.Sprintf("%s %d", d.Mask.Mode, d.Mask.Keep), " 0"), d.MaskRule
	}
	rows = append(rows, []string{"masked", mask, by})
	var fault *policy.EvalError
	if errors.As(d.Err, &fault) {
		rows = append(rows, []string{"fault", fmt.Sprintf("%s:%d", fault.File, fault.Line), fault.Detail()})
	}
	for _, m := range x.Decision.Misses {
		rows = append(rows, []string{"near miss", m.Kind + " " + m.Rule, fmt.Sprintf("line %d: %s", m.Line, strings.Join(m.Failed, ", "))})
	}
	for _, line := range x.Decision.Log {
		rows = append(rows, []string{"log", line})
	}
	return rows
}

// writer returns the row that says where a write goes.
func (x explanation) writer() []string {
	switch len(x.Writers) {
	case 0:
		return []string{"writes to", "none", "no provider of the chain is writable"}
	case 1:
		return []string{"writes to", x.Writers[0], "if a get reads it there: see postern help " + x.Op}
	}
	return []string{"writes to", x.Writers[0], "unless it lacks the key and one of these has it: " + strings.Join(x.Writers[1:], ", ")}
}

// trimmed returns a row without the empty cells at its end.
func trimmed(cells ...string) []string {
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// caller describes the caller with its roles and labels.
func (x explanation) caller() string {
	text := "by " + x.Caller
	if len(x.Roles) > 0 {
		text += " with role "
		if len(x.Roles) > 1 {
			text = strings.TrimSuffix(text, " ") + "s "
		}
		text += strings.Join(x.Roles, ", ")
	}
	for _, name := range slices.Sorted(maps.Keys(x.Labels)) {
		text += fmt.Sprintf(" %s=%s", name, x.Labels[name])
	}
	return text
}
