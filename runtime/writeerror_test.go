package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// TestErrorsOfWritesNameVerbKeyAndProvider lets a provider in Go return errors that
// name nothing, something else, and codes that are not listed.
func TestErrorsOfWritesNameVerbKeyAndProvider(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{
		secret.ErrNotFound, secret.ErrForbidden, secret.Code(""), secret.Code("evil\nx"), io.EOF, errors.Join(nil, secret.ErrNotFound),
		&secret.Error{}, &secret.Error{Code: secret.ErrNotFound}, &secret.Error{Code: "evil\n\x1b[31m"},
		&secret.Error{Code: secret.ErrForbidden, Op: secret.OpWatch, Key: "other"}, fmt.Errorf("x: %w", secret.Code("evil\nx")),
	} {
		rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{{Name: "vault", Provider: failing{cause}}}})
		at, err := rt.For(runtime.Caller{}).At("vault")
		if err != nil {
			t.Fatal(err)
		}
		for op, err := range map[secret.Op][]error{
			secret.OpSet:    {rt.Set(t.Context(), "app/k", made(t, "some value")), at.Set(t.Context(), "app/k", made(t, "some value"))},
			secret.OpDelete: {rt.Delete(t.Context(), "app/k"), at.Delete(t.Context(), "app/k")},
		} {
			for _, err := range err {
				var e *secret.Error
				if !errors.As(err, &e) || e.Op != op || e.Key != "app/k" || e.Provider != "vault" || secret.CodeOf(err) != secret.CodeOf(cause) {
					t.Errorf("%s for %#v = %#v", op, cause, err)
				} else if text := err.Error(); strings.Contains(text, "evil") || strings.ContainsAny(text, "\n\x1b") {
					t.Errorf("%s for %#v = %q", op, cause, text)
				}
			}
		}
	}
}

// quoting is a provider that returns the errors of another one, which it asked.
type quoting struct{ failing }

func (q quoting) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) { yield(secret.Event{}, q.err) }
}

// TestErrorsNameTheConfiguredProvider: errors and the decision log have the name of a
// provider in Go, also if its error names another one.
func TestErrorsNameTheConfiguredProvider(t *testing.T) {
	t.Parallel()
	cause := &secret.Error{Code: secret.ErrForbidden, Provider: "inner", Attempts: []secret.Attempt{{Provider: "x", Code: secret.ErrTimeout}}}
	for name, p := range map[string]secret.Provider{
		"as it is": quoting{failing{cause}}, "wrapped": quoting{failing{fmt.Errorf("inner: %w", cause)}},
	} {
		var log bytes.Buffer
		o := runtime.Options{Providers: single("outer", p)}
		o.DecisionLog.Writer, o.DecisionLog.Required = &log, true
		rt := open(t, o)
		_, get := rt.Get(t.Context(), "k")
		_, keys := rt.Keys(t.Context(), "")
		for op, err := range map[string]error{
			"get": get, "get many": rt.GetMany(t.Context(), []secret.Key{"k", "l"})[1].Err, "keys": keys,
			"set": rt.Set(t.Context(), "k", made(t, "some value")), "delete": rt.Delete(t.Context(), "k"), "probe": rt.Probe(t.Context(), "outer").Err,
		} {
			var e *secret.Error
			if !errors.As(err, &e) || e.Code != secret.ErrForbidden || e.Provider != "outer" {
				t.Errorf("%s, %s: %v, want forbidden of outer", name, op, err)
				continue
			}
			for _, a := range e.Attempts {
				if a.Provider != "outer" {
					t.Errorf("%s, %s: the attempts have %q", name, op, a.Provider)
				}
			}
			if !errors.Is(err, cause) {
				t.Errorf("%s, %s: the cause is lost", name, op)
			}
		}
		if cause.Provider != "inner" || len(cause.Attempts) != 1 {
			t.Fatal("the provider's own error was changed")
		}
		if err := rt.Close(); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(log.String(), "inner") || !strings.Contains(log.String(), `"provider_used":"outer"`) {
			t.Errorf("%s: the log has another provider:\n%s", name, &log)
		}
	}
}
