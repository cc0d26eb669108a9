package secrettest_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/secret/secrettest"
)

func TestFullProviderKeepsEveryRule(t *testing.T) {
	t.Parallel()
	f := full()
	f.Skipped = func(rule, reason string) {
		if !strings.HasPrefix(rule, "unsupported_") {
			t.Errorf("%s was skipped: %s", rule, reason)
		}
	}
	secrettest.Run(t, f)
}

// What the full provider skips, the bare one is checked for.
func TestBareProviderKeepsEveryRule(t *testing.T) {
	t.Parallel()
	f := bare()
	f.Skipped = func(rule, reason string) {
		if strings.HasPrefix(rule, "unsupported_") {
			t.Errorf("%s was skipped: %s", rule, reason)
		}
	}
	secrettest.Run(t, f)
}

func TestRuleNames(t *testing.T) {
	t.Parallel()
	names := secrettest.Rules()
	if len(names) < 40 {
		t.Errorf("there are %d rules, want at least 40", len(names))
	}
	form := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)+$`)
	for i, name := range names {
		if !form.MatchString(name) || slices.Contains(names[:i], name) {
			t.Errorf("rule %q is named twice, or not in snake case", name)
		}
	}
}

// brokenRules returns the names that an error of Check holds.
func brokenRules(err error) []string {
	var names []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			if e, ok := errors.AsType[*secrettest.RuleError](err); ok {
				names = append(names, e.Rule)
			}
		}
	}
	return names
}

func TestCheckReportsAFailedOpen(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	err := secrettest.Check(t.Context(), secrettest.Factory{
		Open: func(context.Context, map[secret.Key][]byte) (*secrettest.Harness, error) { return nil, boom },
	})
	if !errors.Is(err, boom) {
		t.Errorf("Check = %v, want the error of Open in it", err)
	}
	if got := brokenRules(err); !slices.Contains(got, "get_absent_is_not_found") {
		t.Errorf("the broken rules are %q", got)
	}
}

// A store that says that it cannot hold a seed is not tried with it.
func TestCheckSkipsWhatAStoreCannotHold(t *testing.T) {
	t.Parallel()
	f := full()
	open := f.Open
	f.Open = func(ctx context.Context, seed map[secret.Key][]byte) (*secrettest.Harness, error) {
		for key, value := range seed {
			if strings.Contains(string(key), "/") {
				return nil, &secret.Error{Code: secret.ErrInvalidKey, Key: key}
			}
			if strings.Contains(string(value), "\x00") {
				return nil, &secret.Error{Code: secret.ErrInvalidValue, Key: key}
			}
		}
		return open(ctx, seed)
	}
	var skipped []string
	f.Skipped = func(rule, _ string) { skipped = append(skipped, rule) }
	if err := secrettest.Check(t.Context(), f); err != nil {
		t.Errorf("Check = %v", err)
	}
	for _, rule := range []string{"nul_is_kept", "nested_keys_are_found"} {
		if !slices.Contains(skipped, rule) {
			t.Errorf("%s was not skipped; %q were", rule, skipped)
		}
	}
}

func TestCheckStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := secrettest.Check(ctx, full()); !errors.Is(err, context.Canceled) {
		t.Errorf("Check = %v, want canceled", err)
	}
}
