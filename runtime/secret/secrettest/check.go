package secrettest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// RuleError says that a provider breaks a rule.
type RuleError struct {
	Rule string // as [Rules] lists it
	Says string // what the rule demands
	Err  error  // what was seen instead
}

// Error returns one line: rule NAME: what it demands: what was seen.
func (e *RuleError) Error() string {
	return fmt.Sprintf("rule %s: %s: %v", e.Rule, e.Says, e.Err)
}

// Unwrap returns what was seen.
func (e *RuleError) Unwrap() error { return e.Err }

// rule is one demand on a provider.
type rule struct {
	name  string
	says  string
	needs ability
	check func(*run) error // nil if kept, a skip, or what is wrong
}

// ability is a set of what a rule needs a factory to declare.
type ability uint8

const (
	set ability = 1 << iota
	del
	keys
	watch
	noSet
	noDel
	noKeys
	noWatch
)

// lacks says which need of a rule the factory does not declare, "" if none.
func (f Factory) lacks(needs ability) string {
	for _, n := range []struct {
		bit    ability
		has    bool
		reason string
	}{
		{set, f.Writable, "not Writable"},
		{del, f.Deletable, "not Deletable"},
		{keys, f.Listable, "not Listable"},
		{watch, f.Watchable, "not Watchable"},
		{noSet, !f.Writable, "Writable"},
		{noDel, !f.Deletable, "Deletable"},
		{noKeys, !f.Listable, "Listable"},
		{noWatch, !f.Watchable, "Watchable"},
	} {
		if needs&n.bit != 0 && !n.has {
			return "the factory is " + n.reason
		}
	}
	return ""
}

// all returns the rules in the order in which they are checked.
func all() []rule {
	return slices.Concat(getRules(), valueRules(), keyRules(), setRules(), deleteRules(), listRules(),
		contextRules(), concurrencyRules(), watchRules(), versionRules(), errorRules(), verbRules(), lifeRules())
}

// Rules returns the names of all rules in the order in which they are checked.
func Rules() []string {
	var names []string
	for _, r := range all() {
		names = append(names, r.name)
	}
	return names
}

// Check tries every rule on the factory's providers and returns nil or the
// joined [RuleError] of each broken one. It stops early, with ctx's error
// joined, when ctx ends.
func Check(ctx context.Context, f Factory) error {
	var errs []error
	for _, r := range all() {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(errs, err)...)
		}
		err := r.try(ctx, f)
		if s, ok := errors.AsType[skip](err); ok {
			f.tellSkipped(r.name, s.reason)
			continue
		}
		if err != nil {
			errs = append(errs, &RuleError{r.name, r.says, err})
		}
	}
	return errors.Join(errs...)
}

// Run tries every rule as a subtest of its name. The subtests run one after the
// other; a rule that does not apply is skipped with its reason.
func Run(t *testing.T, f Factory) {
	t.Helper()
	for _, r := range all() {
		t.Run(r.name, func(t *testing.T) {
			err := r.try(t.Context(), f)
			if s, ok := errors.AsType[skip](err); ok {
				f.tellSkipped(r.name, s.reason)
				t.Skip(s.reason)
			}
			if err != nil {
				t.Errorf("%s: %v", r.says, err)
			}
		})
	}
}

func (f Factory) tellSkipped(rule, reason string) {
	if f.Skipped != nil {
		f.Skipped(rule, reason)
	}
}

// try runs the rule in a goroutine of its own, so that a call that never
// returns costs its limit and not the test.
func (r rule) try(ctx context.Context, f Factory) error {
	if reason := f.lacks(r.needs); reason != "" {
		return skip{reason}
	}
	limited, cancel := context.WithTimeout(ctx, f.limit())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		state := &run{Factory: f, ctx: limited}
		err := r.check(state)
		state.closeAll()
		done <- err
	}()
	// A call that heeds the limit reports it better than this does: wait for it.
	patience := time.NewTimer(2 * f.limit())
	defer patience.Stop()
	select {
	case err := <-done:
		return err
	case <-patience.C:
		return broken("a call did not return within %v, nor when its context ended", f.limit())
	}
}

// broken is what a rule returns when it was not kept.
func broken(format string, args ...any) error { return fmt.Errorf(format, args...) }
