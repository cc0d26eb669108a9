package run

import (
	"context"
	"fmt"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
)

// checkStandIns warns of every value that the command is about to get although it stands
// for another one, wherever it is from: see [values.FindStandIn]. With --strict it returns
// an error instead. The plan has all values.
func (p *plan) checkStandIns(ctx context.Context, a *app.App) error {
	var all []values.StandIn
	for _, v := range p.inherited {
		if p.byName[v.name] != nil {
			continue
		}
		if ref := values.Translate(v.value); ref != "" {
			if err := p.foreign(a, v.name, ref); err != nil {
				return err
			}
		} else if what := values.FindStandIn([]byte(v.value)); what != "" {
			all = append(all, values.StandIn{Name: v.name, Where: "the environment", What: what})
		}
	}
	for _, item := range p.items {
		if err := app.Ended(ctx); err != nil {
			return err
		}
		what, err := values.FindStandInSecret(item.value)
		if err != nil {
			return err
		}
		if what == "" {
			continue
		}
		where := item.origin
		if !item.plain {
			where = fmt.Sprintf("the key %q", item.ref.Key)
		}
		all = append(all, values.StandIn{Name: item.name, Where: where, What: what})
	}
	return values.ReportStandIns(a, all, p.strict, "postern help run")
}

// foreign warns of an inherited variable that is a reference of another tool. With
// --strict it returns an error instead. ref is the same reference in the form of postern.
func (p *plan) foreign(a *app.App, name, ref string) error {
	text := fmt.Sprintf("the variable %q is a reference of another tool", name)
	command := fmt.Sprintf("postern run --env '%s=%s' -- COMMAND", name, ref)
	if p.strict {
		return &app.Failure{Exit: app.ExitUsage, Text: text, Hint: command}
	}
	a.Warn("%s and is passed on unchanged; to resolve it: %s", text, a.WithGlobals(command))
	return nil
}
