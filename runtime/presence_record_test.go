package runtime_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
	"github.com/postern-project/postern/runtime/secret"
)

// Rules that allow one form of set each, and one that allows both.
const formsOfSet = `allow { "c", keys = "inbox/**", ops = "create" } allow { "u", keys = "config/**", ops = "update" }
	allow { "both", keys = "free/**", ops = "set" }`

// recordedStore opens a store that has each key ending in "old", with a required log.
func recordedStore(t *testing.T, store *goStore, out *strings.Builder) *runtime.Runtime {
	t.Helper()
	for _, k := range []secret.Key{"inbox/old", "config/old", "free/old"} {
		store.put(k, made(t, "old value"))
	}
	return open(t, runtime.Options{
		Providers:   single("store", store),
		PolicyFile:  lua(t, formsOfSet),
		DecisionLog: runtime.DecisionLog{Writer: out, Options: audit.Options{Required: true}},
	})
}

// TestSetIsRecordedAsWhatItWas: intent and outcome name the form that a set was, and
// a denial is one.
func TestSetIsRecordedAsWhatItWas(t *testing.T) {
	t.Parallel()
	for key, want := range map[secret.Key][]string{
		"inbox/new":  {"pending set ", "intent create allow allowed c", "outcome create ok"},
		"inbox/old":  {"pending set ", "intent update deny no_rule", "outcome update denied"},
		"config/new": {"pending set ", "intent create deny no_rule", "outcome create denied"},
		"config/old": {"pending set ", "intent update allow allowed u", "outcome update ok"},
		"free/new":   {"intent set allow allowed both", "outcome set ok"},
		"other/new":  {"intent set deny no_rule"},
	} {
		var out strings.Builder
		rt := recordedStore(t, newGoStore(t, nil), &out)
		err := rt.Set(t.Context(), key, made(t, "new value"))
		if closing := rt.Close(); closing != nil {
			t.Fatal(closing)
		}
		var got []string
		for _, l := range logged(t, out.String()) {
			got = append(got, strings.TrimSuffix(l.Record+" "+l.Op+" "+strings.TrimSpace(l.Effect+" "+l.Code+" "+l.Rule)+l.Result, "\n"))
		}
		if !slices.Equal(got, want) {
			t.Errorf("Set(%s) = %v is recorded as\n%q, want\n%q", key, err, got, want)
		}
		denied := strings.Contains(out.String(), `"effect":"deny"`)
		if denied != errors.Is(err, secret.ErrDenied) {
			t.Errorf("Set(%s) = %v and the log says:\n%s", key, err, &out)
		}
	}
}

// TestDiffSeesADeniedForm: a policy that would allow what was denied because the key
// was new, or was there, is a change from deny to allow.
func TestDiffSeesADeniedForm(t *testing.T) {
	t.Parallel()
	for _, key := range []secret.Key{"inbox/old", "config/new"} {
		var out strings.Builder
		rt := recordedStore(t, newGoStore(t, nil), &out)
		if err := rt.Set(t.Context(), key, made(t, "new value")); !errors.Is(err, secret.ErrDenied) {
			t.Fatalf("Set(%s) = %v, want denied", key, err)
		}
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		older, err := policy.Parse("old.lua", []byte(formsOfSet), policy.Options{Chain: []string{"store"}})
		if err != nil {
			t.Fatal(err)
		}
		newer, err := policy.Parse("new.lua", []byte(`allow { "all", keys = "**" }`), policy.Options{Chain: []string{"store"}})
		if err != nil {
			t.Fatal(err)
		}
		diff, err := policytest.Diff(older, newer, strings.NewReader(out.String()))
		if err != nil || diff.Requests != 1 || diff.DenyToAllow != 1 || diff.Skipped != 0 {
			t.Errorf("Set(%s): Diff = %+v, %v; want one deny to allow", key, diff, err)
		}
	}
}

// TestSetThatWasNeverDecidedHasNoIntent: when nobody knows whether the key exists,
// the log does not say that something was allowed.
func TestSetThatWasNeverDecidedHasNoIntent(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	store := newGoStore(t, nil)
	store.getErr = &secret.Error{Code: secret.ErrUnavailable}
	rt := recordedStore(t, store, &out)
	err := rt.Set(t.Context(), "config/new", made(t, "new value"))
	if closing := rt.Close(); closing != nil {
		t.Fatal(closing)
	}
	got := logged(t, out.String())
	if !errors.Is(err, secret.ErrUnavailable) || len(got) != 2 || got[0].Record != "pending" || got[0].Effect != "" || got[1].Result != "unavailable" {
		t.Errorf("Set = %v, recorded as\n%s", err, &out)
	}
}

// TestP3NothingIsAskedOrWrittenWithoutARecord: a required log that fails at its first
// line keeps providers from being asked whether the key exists, one that fails at the
// second keeps the value from being written and the denial from being told.
func TestP3NothingIsAskedOrWrittenWithoutARecord(t *testing.T) {
	t.Parallel()
	for _, key := range []secret.Key{"inbox/new", "config/new"} {
		for left := range 2 {
			store := newGoStore(t, nil)
			rt := open(t, runtime.Options{
				Providers:   single("store", store),
				PolicyFile:  lua(t, formsOfSet),
				DecisionLog: runtime.DecisionLog{Writer: &sink{left: left}, Options: audit.Options{Required: true}},
			})
			err := rt.Set(t.Context(), key, made(t, "new value"))
			if !errors.Is(err, secret.ErrAuditUnavailable) || errors.Is(err, secret.ErrDenied) {
				t.Errorf("Set(%s) with a log of %d lines = %v, want audit_unavailable", key, left, err)
			}
			if n := store.total(); (n == 0) != (left == 0) {
				t.Errorf("Set(%s) with a log of %d lines asked the provider %d times", key, left, n)
			}
			if _, err := store.peek(key); !errors.Is(err, secret.ErrNotFound) {
				t.Errorf("Set(%s) with a log of %d lines was stored: %v", key, left, err)
			}
		}
	}
}
