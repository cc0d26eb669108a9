package policy

import (
	"fmt"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/policy/internal/patterns"
)

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
			if got, ok := req.Labels[l.name]; !ok || !l.value.Match(got) {
				return fmt.Sprintf("labels.%s (want %q, got %.300q)%s", l.name, l.value, got, patterns.CaseNote(glob.List{l.value}, got))
			}
		}
	}
	return what
}
