package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/glob"
)

// detail adds to the name of a failed condition what was wanted and found.
func (r *rule) detail(what string, req *Request) string {
	switch what {
	case "op":
		return fmt.Sprintf("op (%s; want %s)", req.Op, r.ops)
	case "keys":
		return fmt.Sprintf("keys (want %s)%s", listed(r.keys), caseNote(r.keys, req.Key))
	case "callers":
		return fmt.Sprintf("callers (want %s)%s", listed(r.callers), caseNote(r.callers, req.Caller))
	case "time":
		return fmt.Sprintf("time (%s; want %s)", req.Time.In(r.window.Location).Format("Mon 15:04 MST"), r.window)
	case "roles":
		return r.rolesDetail(req.Roles)
	case "labels":
		for _, l := range r.labels {
			if got, ok := req.Labels[l.name]; !ok || !l.value.Match(got) {
				return fmt.Sprintf("labels.%s (want %q, got %.300q)%s", l.name, l.value, got, caseNote(glob.List{l.value}, got))
			}
		}
	}
	return what
}

func (r *rule) rolesDetail(have []string) string {
	named := slices.Clone(r.roles)
	for i := range r.groupsOrNone().any {
		named = append(named, r.groups.any[i].String())
	}
	if len(named) > 0 && !hasAny(r.roles, have) && !slices.ContainsFunc(have, r.groupsOrNone().any.Match) {
		note := ""
		for _, role := range have {
			for _, want := range named {
				if note == "" && differsInCase(want, role) {
					note = fmt.Sprintf(", %.64q differs only in case", role)
				}
			}
		}
		return fmt.Sprintf("roles (needs one of %v)%s", named, note)
	}
	for _, g := range r.groupsOrNone().all {
		if !slices.ContainsFunc(have, g.Match) {
			return fmt.Sprintf("roles (needs %s)", g)
		}
	}
	for _, role := range have {
		if r.groupsOrNone().none.Match(role) {
			return fmt.Sprintf("roles (must not have %.64s)", role)
		}
	}
	return "roles"
}

func (r *rule) groupsOrNone() *roleGlobs {
	if r.groups == nil {
		return &roleGlobs{}
	}
	return r.groups
}

// listed returns the first patterns of a list.
func listed(l glob.List) string {
	const most = 4
	var texts []string
	for i, g := range l {
		if i == most {
			texts = append(texts, fmt.Sprintf("... %d more", len(l)-most))
			break
		}
		texts = append(texts, g.String())
	}
	return strings.Join(texts, ", ")
}

// caseNote says so if s fails to match only because of upper and lower case.
func caseNote(l glob.List, s string) string {
	for _, g := range l {
		if differsInCase(g.String(), s) {
			return ", differs only in case"
		}
	}
	return ""
}

func differsInCase(pattern, s string) bool {
	g, err := glob.Parse(strings.ToLower(pattern))
	return err == nil && g.Match(strings.ToLower(s))
}
