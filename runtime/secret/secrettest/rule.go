package secrettest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// rule is one demand on a provider.
type rule struct {
	name  string
	want  string // the demand, as a sentence without its full stop
	needs ability
	check func(*run) error // nil if the provider keeps the rule, a skip, or what is wrong
}

// rules returns all rules in the order in which they are checked.
func rules() []rule {
	return slices.Concat(getRules(), valueRules(), keyRules(), setRules(), deleteRules(), listRules(),
		contextRules(), concurrencyRules(), watchRules(), versionRules(), errorRules(), verbRules(), lifeRules())
}

// ability is a set of what a factory must declare, or must not, for a rule to
// apply.
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

// lacks returns why a rule with these needs does not apply, "" if it does.
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

// skip is what a check returns when its rule does not apply.
type skip struct{ reason string }

func (s skip) Error() string { return "skipped: " + s.reason }

// try checks the rule on a provider of f. It returns why the rule was skipped,
// or how the provider breaks it, or neither.
func (r rule) try(ctx context.Context, f Factory) (skipped string, err error) {
	if skipped = f.lacks(r.needs); skipped == "" {
		err = r.limited(ctx, f)
	}
	if s, ok := errors.AsType[skip](err); ok {
		skipped, err = s.reason, nil
	}
	if skipped != "" && f.Skipped != nil {
		f.Skipped(r.name, skipped)
	}
	return skipped, err
}

// limited runs the check in a goroutine of its own, so that a call that never
// returns breaks one rule and does not block the caller.
func (r rule) limited(ctx context.Context, f Factory) error {
	limited, cancel := context.WithTimeout(ctx, f.limit())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		state := &run{Factory: f, ctx: limited}
		err := r.check(state)
		state.closeAll()
		done <- err
	}()
	// A call that returns at the limit gives a better report than this function
	// could, so wait for it a while longer.
	patience := time.NewTimer(2 * f.limit())
	defer patience.Stop()
	select {
	case err := <-done:
		return err
	case <-patience.C:
		return broken("a call did not return within %v, nor when its context ended", f.limit())
	}
}

// broken returns the error of a check that found the rule broken.
func broken(format string, args ...any) error { return fmt.Errorf(format, args...) }
