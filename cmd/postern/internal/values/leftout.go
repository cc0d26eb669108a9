package values

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/steering"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// LeftOut are variables that are not given by rule: see [Inventory.ByRule].
type LeftOut struct {
	v        *Inventory
	unasked  []Variable // with the provider whose module chose it
	steering []steered  // by their names
	running  []steered  // by their values
}

// steered is a variable that steers programs.
type steered struct {
	Variable
	reason string // what it does, or what its value is
}

// Command is a command that can give the variables that are left out. Env reports that
// it has the flag --env.
type Command struct {
	Start, End string // such as "postern run" and " -- COMMAND"
	Env        bool
}

// foreign adds a variable that no provider may choose, unless the setting "inject" of the
// providers says so and the key is not one of those that --only names.
func (l *LeftOut) foreign(c Variable, named []secret.Key) {
	for i := range l.v.all {
		h := &l.v.all[i]
		_, set := l.v.inject(h)
		if h.has(c.Key) && (!set || slices.Contains(named, c.Key)) {
			l.Add(c, h.Name)
			return
		}
	}
	if i := slices.Index(l.v.named, c.Key); i >= 0 {
		l.Add(c, l.v.from[i])
	}
}

// Add adds a variable whose value is from a provider that may not choose it.
func (l *LeftOut) Add(c Variable, provider string) {
	c.Provider = provider
	l.unasked = append(l.unasked, c)
}

// AddRunning adds a variable whose value a program would run or load: see [Runs].
func (l *LeftOut) AddRunning(c Variable, reason string) {
	l.running = append(l.running, steered{c, "its value " + reason})
}

// Empty reports whether nothing was left out.
func (l *LeftOut) Empty() bool {
	return len(l.unasked) == 0 && len(l.steering) == 0 && len(l.running) == 0
}

// Report warns of what was left out and says how to get it. If strict is set, it returns
// that as an error.
func (l *LeftOut) Report(a *app.App, c Command, strict bool) error {
	for _, f := range []*app.Failure{
		l.unaskedFailure(c),
		l.steeringFailure(c, l.steering, "a name that steers programs is not that of a secret"),
		l.steeringFailure(c, l.running, "what programs run or load is not a secret"),
	} {
		switch {
		case f == nil:
		case strict:
			return f
		case f.Hint == "":
			a.Warn("%s", f.Text)
		default:
			a.Warn("%s; to allow that: %s", f.Text, a.WithGlobals(f.Hint))
		}
	}
	return nil
}

func failure(text string) *app.Failure {
	return &app.Failure{Exit: app.ExitData, Code: secret.ErrInvalidKey, Text: text}
}

// unaskedFailure is about modules that chose variables, nil if none did.
func (l *LeftOut) unaskedFailure(c Command) *app.Failure {
	if len(l.unasked) == 0 {
		return nil
	}
	var names, providers, flags []string
	for i, u := range l.unasked {
		if !slices.Contains(providers, u.Provider) {
			providers = append(providers, u.Provider)
		}
		if i < app.MaxListed {
			if entry, steers := steering.Find(u.Name); steers { // a hint would have been written by the module
				names = append(names, u.Name+" ("+entry.Reason+")")
				continue
			}
			names = append(names, u.Name)
			if !IsPostern(u.Name) || !l.v.Foreign(u.Provider) {
				flags = append(flags, "--env "+suggest.Quote(u.Name+"="+string(u.Key)))
			}
		}
	}
	f := failure(fmt.Sprintf("not set: %s, listed by %s: only built-in modules on files, and providers with inject: true or a list of keys, choose variables",
		listed(names, len(l.unasked)), strings.Join(providers, ", ")))
	if c.Env && len(flags) > 0 {
		f.Hint = c.Start + " " + strings.Join(flags, " ") + c.End
	}
	return f
}

// steeringFailure is about variables that steer programs, nil if there are none.
func (l *LeftOut) steeringFailure(c Command, all []steered, why string) *app.Failure {
	if len(all) == 0 {
		return nil
	}
	var reasons, flags []string
	names := map[string][]string{} // by reason
	for _, s := range all[:min(len(all), app.MaxListed)] {
		if names[s.reason] == nil {
			reasons = append(reasons, s.reason)
		}
		names[s.reason] = append(names[s.reason], s.Name)
		switch {
		case !IsPostern(s.Name):
			flags = append(flags, "--allow-env "+suggest.Quote(s.Name))
		case c.Env && !slices.ContainsFunc(l.v.all, func(h held) bool { return !h.Builtin && h.has(s.Key) }):
			flags = append(flags, "--env "+suggest.Quote(s.Name+"="+string(s.Key)))
		}
	}
	for i, reason := range reasons {
		reasons[i] = fmt.Sprintf("%s (%s)", strings.Join(names[reason], ", "), reason)
	}
	f := failure(fmt.Sprintf("not set: %s: %s", listed(reasons, len(all)-min(len(all), app.MaxListed)+len(reasons)), why))
	if len(flags) > 0 {
		f.Hint = c.Start + " " + strings.Join(flags, " ") + c.End
	}
	return f
}

// listed joins what is shown of n things.
func listed(shown []string, n int) string {
	text := strings.Join(shown, ", ")
	if n > len(shown) {
		text += fmt.Sprintf(" and %d more", n-len(shown))
	}
	return text
}
