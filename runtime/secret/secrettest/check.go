package secrettest

import (
	"context"
	"fmt"
)

// Failure is a rule that a provider breaks. It is an error that wraps Err.
type Failure struct {
	Rule string // its name, as [Rules] lists it
	Want string // what the rule demands
	Err  error  // what happened instead
}

// Error returns one line: rule NAME: what it demands: what happened instead.
func (f Failure) Error() string { return fmt.Sprintf("rule %s: %s: %v", f.Rule, f.Want, f.Err) }

// Unwrap returns f.Err.
func (f Failure) Unwrap() error { return f.Err }

// Check tries every rule on providers that f opens, one rule after the other,
// and returns the rules that they break in the order of [Rules]: nil if they
// keep all of them. When ctx ends, Check stops and the last Failure is the rule
// that was next, with ctx's error.
func Check(ctx context.Context, f Factory) []Failure {
	var failures []Failure
	for _, r := range rules() {
		if err := ctx.Err(); err != nil {
			return append(failures, Failure{r.name, r.want, err})
		}
		if _, err := r.try(ctx, f); err != nil {
			failures = append(failures, Failure{r.name, r.want, err})
		}
	}
	return failures
}

// T is what [Run] needs of a *testing.T. It is spelled out here so that a
// program that calls [Check] does not link package testing.
type T[Sub any] interface {
	Context() context.Context
	Errorf(format string, args ...any)
	Helper()
	Run(name string, f func(Sub)) bool
	Skip(args ...any)
}

// Run is [Check] for a test: t is a *testing.T, and every rule is a subtest of
// its name. The subtests run one after the other. A rule that does not apply is
// skipped with the reason.
func Run[Test T[Test]](t Test, f Factory) {
	t.Helper()
	for _, r := range rules() {
		t.Run(r.name, func(t Test) {
			skipped, err := r.try(t.Context(), f)
			if skipped != "" {
				t.Skip(skipped)
			}
			if err != nil {
				t.Errorf("%s: %v", r.want, err)
			}
		})
	}
}

// Rules returns the names of all rules in the order in which they are checked.
func Rules() []string {
	var names []string
	for _, r := range rules() {
		names = append(names, r.name)
	}
	return names
}
