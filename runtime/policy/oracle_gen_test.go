package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime/policy"
)

// gen returns random rules and requests. Its vocabulary is small, so many match.
type gen struct{ *rand.Rand }

func (g gen) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g gen) some(most int, words ...string) []string {
	g.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return slices.Clone(words[:1+g.IntN(min(most, len(words)))])
}

func (g gen) key() string {
	parts := make([]string, 1+g.IntN(5))
	for i := range parts {
		parts[i] = g.pick("prod", "production", "team", "blue", "red", "db", "token", "a.token", "x")
	}
	return strings.Join(parts, "/")
}

func (g gen) glob() string {
	parts := make([]string, 1+g.IntN(4))
	for i := range parts {
		parts[i] = g.pick("prod", "team", "blue", "db", "x", "*", "**", "*token*", "prod*", "*d", "t*k*n", "**")
	}
	return strings.Join(parts, "/")
}

func (g gen) globs() []string {
	out := []string{g.glob()}
	for g.IntN(3) == 0 {
		if p := g.glob(); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

func (g gen) rule(i int) oracleRule {
	r := oracleRule{kind: g.pick("allow", "allow", "allow", "deny", "chain", "redact", "pin"), name: fmt.Sprintf("r%d", i), keys: g.globs(), from: -1, line: i + 2}
	switch r.kind {
	case "pin":
		r.providers = g.some(1, "vault", "file", "env")
		return r
	case "redact":
		return r
	case "chain":
		r.providers = g.some(3, "vault", "file", "env")
	}
	if g.IntN(2) == 0 {
		r.ops = g.some(2, "get", "set", "delete", "keys", "watch", "read", "write", "*")
	}
	if g.IntN(2) == 0 {
		r.roles = g.some(2, "dev", "ops", "ci")
	}
	if g.IntN(6) == 0 {
		r.callers = g.some(2, "app", "uid:*", "svc/*", "svc/**")
	}
	if g.IntN(6) == 0 {
		r.labels = map[string]string{"team": g.pick("blue", "red")}
	}
	if g.IntN(6) == 0 {
		r.from, r.to = g.IntN(24)*60, g.IntN(24)*60+30
	}
	if g.IntN(6) == 0 {
		r.days = []time.Weekday{time.Weekday(g.IntN(7))}
	}
	if g.IntN(5) == 0 {
		r.when = g.pick("team", "role", "error", "number", "nothing")
	}
	return r
}

func quoteList(words []string) string { return "{ \"" + strings.Join(words, "\", \"") + "\" }" }

func (r oracleRule) lua() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s { %q, keys = %s", r.kind, r.name, quoteList(r.keys))
	for name, list := range map[string][]string{"ops": r.ops, "roles": r.roles, "callers": r.callers} {
		if len(list) > 0 {
			fmt.Fprintf(&b, ", %s = %s", name, quoteList(list))
		}
	}
	for k, v := range r.labels {
		fmt.Fprintf(&b, ", labels = { %s = %q }", k, v)
	}
	if r.from >= 0 {
		fmt.Fprintf(&b, `, hours = "%02d:%02d-%02d:%02d"`, r.from/60, r.from%60, r.to/60, r.to%60)
	}
	for _, d := range r.days {
		fmt.Fprintf(&b, ", days = %q", strings.ToLower(d.String()[:3]))
	}
	if r.when != "" {
		fmt.Fprintf(&b, ", when = function(req) %s end", oraclePredicates[r.when].lua)
	}
	switch r.kind {
	case "chain":
		fmt.Fprintf(&b, ", providers = %s", quoteList(r.providers))
	case "pin":
		fmt.Fprintf(&b, ", provider = %q", r.providers[0])
	case "redact":
		b.WriteString(`, mode = "full"`)
	}
	b.WriteString(" }\n")
	return b.String()
}

func (g gen) request() policy.Request {
	q := policy.Request{
		Caller: g.pick("app", "uid:1", "svc/a", "svc/a/b", ""),
		Roles:  g.some(2, "dev", "ops", "ci", "none"),
		Op:     policy.Op(1 + g.IntN(5)),
		Key:    g.key(),
		Time:   time.Unix(1772323200+g.Int64N(14*86400), 0),
	}
	if g.IntN(2) == 0 {
		q.Labels = map[string]string{"team": g.pick("blue", "red", "db")}
	}
	return q
}
