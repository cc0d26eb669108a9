package policy

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/policy/internal/patterns"
	"github.com/postern-project/postern/runtime/redact/mask"
)

// Explanation is a decision with the rules that did not match. It is for the
// author of the policy: it may contain what Lua reported, and names and labels of
// the request, but never a value.
type Explanation struct {
	Decision Decision
	Chain    string   // chain rule for the request, also if it is denied
	Asked    []string // providers of that chain, also if it is denied
	Mask     Mask     // how the value would be shown, also if it is denied
	MaskRule string   // redact rule that set Mask, "" for none
	PinRule  string   // pin rule that set Decision.Pin, "" for none
	Misses   []Miss   // rules that did not match, nearest first, allow rules before deny rules
	Log      []string // what predicates logged, at most 50 lines
}

// Miss is a rule that did not match.
type Miss struct {
	Kind   string   `json:"kind"` // "allow" or "deny"
	Rule   string   `json:"rule"`
	Line   int      `json:"line"`
	Failed []string `json:"failed"` // conditions that do not hold
}

const maxLog = 50 // lines of Explanation.Log

// Explain decides req like [Policy.Decide], within the same limits, and lists the
// access rules that did not match. Predicates may run twice.
func (p *Policy) Explain(req Request) Explanation {
	x := Explanation{Decision: p.Decide(req)}
	if p == nil {
		return x
	}
	x.Decision.Providers = slices.Clone(x.Decision.Providers)
	x.Mask, x.MaskRule = p.mask(&req)
	var f found
	if p.locate(&req, &f) != nil {
		return x
	}
	route := Decision{}
	if p.route(&f, &req, &route); route.Err == nil {
		x.Chain, x.Asked = route.Chain, slices.Clone(route.Providers)
	}
	if x.Decision.Pin != "" {
		if pin, _ := p.first(&f, kindPin, &req); pin != nil {
			x.PinRule = pin.name
		}
	}
	for _, r := range p.rules {
		if !accessKinds.has(r.kind) {
			continue
		}
		if failed := p.missed(r, &req, &f, &x); len(failed) > 0 {
			x.Misses = append(x.Misses, Miss{r.kind.String(), r.name, r.line, failed})
		}
	}
	sort.SliceStable(x.Misses, func(i, j int) bool {
		a, b := x.Misses[i], x.Misses[j]
		if a.Kind != b.Kind {
			return a.Kind == kindAllow.String()
		}
		return len(a.Failed) < len(b.Failed)
	})
	return x
}

// missed returns the conditions of r that do not hold, with details. It runs the
// predicate only if all other conditions hold.
func (p *Policy) missed(r *rule, req *Request, spent *found, x *Explanation) []string {
	failed := r.fails(req)
	for i, what := range failed {
		failed[i] = r.detail(what, req)
	}
	if len(failed) > 0 || r.when == nil {
		return failed
	}
	if p.exhausted(spent) {
		return []string{"when (not run: the predicates exceeded their common budget)"}
	}
	ret, f := p.run(r.when, req, spent, func(line string) {
		if len(x.Log) < maxLog {
			x.Log = append(x.Log, line)
		}
	})
	answer, ok := ret.AsBool()
	switch {
	case f != nil:
		return []string{"when failed: " + f.Text}
	case !ok:
		return []string{"when returned " + ret.Type()}
	case !answer:
		return []string{"its `when` function returned false"}
	}
	return nil
}

// Rows returns the explanation as rows of cells, for people: what was decided and why,
// the chain, the mask, the error of a predicate, the rules that did not match, and what
// predicates logged. The first cell of a row names it; empty cells at the end are left
// out.
func (x Explanation) Rows() [][]string {
	d := x.Decision
	rows := [][]string{row(d.effect(), string(d.Code), d.Message)}
	if d.Rule != "" {
		rows = append(rows, row("rule", d.Rule, fmt.Sprintf("%s:%d", d.File, d.Line)))
	}
	rows = append(rows, row("chain", cmp.Or(x.Chain, "as configured"), strings.Join(x.Asked, " ")))
	if x.MaskRule == "" {
		rows = append(rows, row("masked", "in full", "no redact rule matches the key"))
	} else {
		rows = append(rows, row("masked", strings.TrimSuffix(fmt.Sprintf("%s %d", x.Mask.Mode, x.Mask.Keep), " 0"), x.MaskRule))
	}
	var fault *EvalError
	if errors.As(d.Err, &fault) {
		rows = append(rows, row("fault", fmt.Sprintf("%s:%d", fault.File, fault.Line), fault.Detail()))
	}
	for _, m := range x.Misses {
		rows = append(rows, row("near miss", m.Kind+" "+m.Rule, fmt.Sprintf("line %d: %s", m.Line, strings.Join(m.Failed, ", "))))
	}
	for _, line := range x.Log {
		rows = append(rows, row("log", line))
	}
	return rows
}

// row returns cells without the empty ones at the end.
func row(cells ...string) []string {
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// WriteText writes the rows in columns.
func (x Explanation) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, cells := range x.Rows() {
		if _, err := fmt.Fprintln(t, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
}

// MarshalJSON writes the explanation as one object. Its field names are stable.
func (x Explanation) MarshalJSON() ([]byte, error) {
	d := x.Decision
	out := struct {
		Effect    string   `json:"effect"`
		Code      Code     `json:"code"`
		Rule      string   `json:"rule"`
		File      string   `json:"file"`
		Line      int      `json:"line"`
		Message   string   `json:"message"`
		Chain     string   `json:"chain"`
		Providers []string `json:"providers"`
		Pin       string   `json:"pin,omitempty"`
		Mask      string   `json:"mask"`
		MaskRule  string   `json:"mask_rule"`
		Revision  string   `json:"revision"`
		Error     string   `json:"error,omitempty"`
		Misses    []Miss   `json:"misses"`
		Log       []string `json:"log,omitempty"`
	}{
		Effect: d.effect(), Code: d.Code, Rule: d.Rule, File: d.File, Line: d.Line, Message: d.Message,
		Chain: x.Chain, Providers: orEmpty(x.Asked), Pin: d.Pin, Mask: string(x.Mask.Mode), MaskRule: x.MaskRule,
		Revision: d.Revision, Misses: orEmpty(x.Misses), Log: x.Log,
	}
	if out.Mask == "" {
		out.Mask = string(mask.Full)
	}
	if d.Err != nil {
		out.Error = d.Err.Error()
	}
	return json.Marshal(out)
}

// effect returns "allow" or "deny".
func (d *Decision) effect() string {
	if d.Allow {
		return "allow"
	}
	return "deny"
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// detail adds to the name of a failed condition what was wanted and found.
func (r *rule) detail(what string, req *Request) string {
	switch what {
	case "op":
		return fmt.Sprintf("op (%s; want %s)", req.Op, r.ops)
	case "keys":
		return fmt.Sprintf("keys (want %s)%s", patterns.Listed(r.keys), patterns.CaseNote(r.keys, req.Key))
	case "callers":
		return fmt.Sprintf("callers (want %s)%s", patterns.Listed(r.callers), patterns.CaseNote(r.callers, req.Caller))
	case "time":
		return fmt.Sprintf("time (%s; want %s)", req.Time.In(r.window.Location).Format("Mon 15:04 MST"), r.window)
	case "roles":
		return r.groups.Missing(r.roles, req.Roles)
	case "labels":
		for _, l := range r.labels {
			if !l.match(req.Labels) {
				got := req.Labels[l.name]
				return fmt.Sprintf("labels.%s (want %q, got %.300q)%s", l.name, l.value, got, patterns.CaseNote(glob.List{l.value}, got))
			}
		}
	}
	return what
}
