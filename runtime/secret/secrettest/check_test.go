package secrettest_test

import (
	"context"
	"errors"
	"os/exec"
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

// The rules that do not apply to the full provider apply to the bare one.
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
			t.Errorf("rule %q is a duplicate or not in snake case", name)
		}
	}
}

// brokenRules returns the names of the rules.
func brokenRules(failures []secrettest.Failure) []string {
	var names []string
	for _, f := range failures {
		names = append(names, f.Rule)
	}
	return names
}

func TestCheckReportsAFailedOpen(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	failures := secrettest.Check(t.Context(), secrettest.Factory{
		Open: func(context.Context, map[secret.Key][]byte) (*secrettest.Harness, error) { return nil, boom },
	})
	for _, f := range failures {
		if !errors.Is(f, boom) {
			t.Errorf("Check reports %v, want the error of Open in it", f)
		}
	}
	if got := brokenRules(failures); !slices.Contains(got, "get_absent_is_not_found") {
		t.Errorf("the broken rules are %q", got)
	}
}

// A rule is skipped if the store cannot hold its seed.
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
	if failures := secrettest.Check(t.Context(), f); failures != nil {
		t.Errorf("Check = %v", failures)
	}
	for _, rule := range []string{"nul_is_kept", "nested_keys_are_found"} {
		if !slices.Contains(skipped, rule) {
			t.Errorf("%s was not skipped, only %q", rule, skipped)
		}
	}
}

func TestCheckStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	failures := secrettest.Check(ctx, full())
	if len(failures) != 1 || !errors.Is(failures[0], context.Canceled) {
		t.Errorf("Check = %v, want canceled once", failures)
	}
}

// The command line links this package and not package testing.
func TestDoesNotLinkTesting(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list -deps = %v", err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "context") || slices.Contains(deps, "testing") {
		t.Errorf("the dependencies are %q, want context and not testing among them", deps)
	}
}
