package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// Explanation is how a policy decides one request, and whom it would ask. It is the
// output of explain and of policy explain, and of their --json.
type Explanation struct {
	Key       string             `json:"key"`
	Op        string             `json:"op"`
	Caller    string             `json:"caller"`
	Roles     []string           `json:"roles"`
	Labels    map[string]string  `json:"labels"`
	Policy    string             `json:"policy"`
	Decision  policy.Explanation `json:"decision"`
	Providers []AskedProvider    `json:"providers"`
	Writers   []string           `json:"writers,omitempty"` // set, delete: the first that has the key, else the first

	Opened bool `json:"-"` // the providers are open, so that Writers is known
}

// AskedProvider is a configured provider and its place in the request.
type AskedProvider struct {
	Name   string `json:"name"`
	Module string `json:"module,omitempty"` // "" if no module was opened
	Place  int    `json:"place"`            // 1 if it is asked first; 0 if it is not asked
	Why    string `json:"why"`              // the reason why it is not asked, "" if it is
}

// Place gives every provider its place and sorts them. only is the one provider that
// the request names, "" if it names none.
func (x *Explanation) Place(only string) {
	order := x.Decision.Asked
	if only != "" && (x.Decision.Decision.Allow || slices.Contains(order, only)) {
		order = []string{only}
	}
	for i := range x.Providers {
		p := &x.Providers[i]
		p.Place, p.Why = place(p.Name, order, only, x.Decision)
	}
	slices.SortStableFunc(x.Providers, func(a, b AskedProvider) int {
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
}

// place returns the place of a provider in the request, or the reason why it has
// none.
func place(name string, order []string, only string, x policy.Explanation) (at int, why string) {
	at = slices.Index(order, name) + 1
	switch {
	case !x.Decision.Allow:
		return 0, "the request is denied before any provider is asked"
	case at > 0:
		return at, ""
	case x.Decision.Pin != "":
		return 0, fmt.Sprintf("the key is pinned to %s", x.Decision.Pin)
	case only != "":
		return 0, fmt.Sprintf("only %s would be asked", only)
	case x.Chain != "":
		return 0, fmt.Sprintf("the chain rule %q leaves it out", x.Chain)
	}
	return 0, "it is not in the configured chain"
}

// PrintExplanation prints x as a table, or as JSON if --json is given.
func (a *App) PrintExplanation(cmd *cli.Command, x Explanation) error {
	if cmd.Bool("json") {
		return a.PrintJSON(x)
	}
	return a.PrintTable(x.rows())
}

// rows returns the rows of the decision, with those of the request, the policy and the
// providers in their places.
func (x Explanation) rows() (rows [][]string) {
	for i, row := range x.Decision.Rows() {
		rows = append(rows, row)
		switch {
		case i == 0:
			rows = append(rows, []string{"request", x.Op + " " + x.Key, x.caller()},
				[]string{"policy", x.Decision.Decision.Revision, x.Policy})
		case row[0] == "chain":
			rows = append(rows, x.asked()...)
		}
	}
	return rows
}

// Writes reports whether the request goes to one provider, which it changes.
func (x Explanation) Writes() bool {
	return slices.Contains([]string{"set", "create", "update", "delete"}, x.Op)
}

// asked returns the rows of the providers and of the writer.
func (x Explanation) asked() (rows [][]string) {
	for _, p := range x.Providers {
		switch {
		case p.Place == 0:
			rows = append(rows, []string{"not asked", p.Name, p.Why})
		case p.Module == "":
			rows = append(rows, []string{fmt.Sprintf("asked %d", p.Place), p.Name})
		default:
			rows = append(rows, []string{fmt.Sprintf("asked %d", p.Place), p.Name, "module " + p.Module})
		}
	}
	if x.Writes() && x.Decision.Decision.Allow && x.Opened {
		rows = append(rows, x.writer())
	}
	return rows
}

// writer returns the row that says where a write goes.
func (x Explanation) writer() []string {
	verb, other := string(secret.OpSet), "an earlier"
	if x.Op == string(secret.OpDelete) {
		verb, other = x.Op, "another"
	}
	switch len(x.Writers) {
	case 0:
		return []string{"writes to", "none", "no provider of the chain is writable"}
	case 1:
		return []string{"writes to", x.Writers[0], "unless a get would find the key in " + other + " provider: see postern help " + verb}
	}
	return []string{"writes to", x.Writers[0], "unless it lacks the key and one of these has it: " + strings.Join(x.Writers[1:], ", ")}
}

// caller describes the caller with its roles and labels.
func (x Explanation) caller() string {
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
