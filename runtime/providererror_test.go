package runtime_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// oddError is an error whose methods do what their fields say.
type oddError struct {
	text   func() string
	is     func() bool
	as     func() bool
	unwrap func() error
}

func call[T any](f func() T) (zero T) {
	if f != nil {
		return f()
	}
	return zero
}

func (o oddError) Error() string { return call(o.text) }
func (o oddError) Is(error) bool { return call(o.is) }
func (o oddError) As(any) bool   { return call(o.as) }
func (o oddError) Unwrap() error { return call(o.unwrap) }

// pointerError has its methods on the pointer, and its text needs no field.
type pointerError struct{}

func (*pointerError) Error() string { return "text" }

// endless unwraps to itself.
type endless struct{}

func (e *endless) Error() string   { return "endless" }
func (e *endless) Unwrap() []error { return []error{e, e} }

func boom[T any]() T { panic("correct-horse-battery") }

// unsoundErrors cannot be examined.
func unsoundErrors() map[string]error {
	errs := map[string]error{
		"nil *secret.Error":           (*secret.Error)(nil),
		"nil pointer to a value type": (*oddError)(nil),
		"nil pointer type":            (*pointerError)(nil),
		"Error panics":                oddError{text: boom[string]},
		"Is panics":                   oddError{is: boom[bool]},
		"As panics":                   oddError{as: boom[bool]},
		"Unwrap panics":               oddError{unwrap: boom[error]},
		"unwraps without end":         &endless{},
	}
	for name, err := range maps.Clone(errs) {
		errs["wrapped: "+name] = fmt.Errorf("x: %w", err)
		errs["joined: "+name] = errors.Join(errors.New("x"), err)
		errs["cause: "+name] = (&secret.Error{Code: "made_up"}).Wrap(err)
	}
	return errs
}

// failing fails every operation with err.
type failing struct{ err error }

func (f failing) Get(context.Context, secret.Key) (secret.Secret, error) {
	return secret.Secret{}, f.err
}
func (f failing) Set(context.Context, secret.Key, secret.Secret) error { return f.err }
func (f failing) Delete(context.Context, secret.Key) error             { return f.err }
func (f failing) Keys(context.Context, string) ([]secret.Key, error)   { return nil, f.err }
func (f failing) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) { yield(secret.Event{}, f.err) }
}

// TestErrorsOfProvidersAreExaminedSafely: an error that cannot be examined is
// internal for every verb, has an outcome in the decision log, and neither the
// runtime nor its caller panics on it.
func TestErrorsOfProvidersAreExaminedSafely(t *testing.T) {
	t.Parallel()
	for name, bad := range unsoundErrors() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			o := runtime.Options{Providers: append(single("bad", failing{bad}), single("next", newGoStore(t, map[secret.Key]string{"k": "value-of-next"}))...), Mask: []string{"**"}}
			o.DecisionLog.Writer = &log
			o.DecisionLog.Required = true
			rt, err := runtime.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer rt.Close()
			if s := rt.Status(); len(s.Unmasked) != 1 || s.Unmasked[0].Code != secret.ErrInternal {
				t.Errorf("Status.Unmasked = %+v, want the provider as internal", s.Unmasked)
			}
			_, get := rt.Get(t.Context(), "k")
			_, keys := rt.Keys(t.Context(), "")
			for verb, err := range map[string]error{
				"get": get, "get many": rt.GetMany(t.Context(), []secret.Key{"k", "l"})[1].Err, "keys": keys,
				"set": rt.Set(t.Context(), "k", made(t, "value-to-set")), "delete": rt.Delete(t.Context(), "k"), "probe": rt.Probe(t.Context(), "bad").Err,
			} {
				var as *pointerError
				if secret.CodeOf(err) != secret.ErrInternal || errors.Is(err, fs.ErrClosed) || errors.As(err, &as) || strings.Contains(err.Error(), "horse") {
					t.Errorf("%s: %v, want internal", verb, err)
				}
			}
			if n, m := strings.Count(log.String(), `"result"`), strings.Count(log.String(), `"effect":"allow"`); n == 0 || n != m {
				t.Errorf("%d outcomes for %d allowed requests:\n%s", n, m, log.String())
			}
		})
	}
}

// A watch that yields such an error has failed, and the runtime continues.
func TestErrorOfAWatchIsExaminedSafely(t *testing.T) {
	t.Parallel()
	for name, bad := range unsoundErrors() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rt, err := runtime.Open(t.Context(), runtime.Options{Providers: single("bad", failing{bad})})
				if err != nil {
					t.Fatal(err)
				}
				defer rt.Close()
				for e, err := range rt.Watch(t.Context()) {
					if err != nil {
						t.Fatalf("Watch = %v", err)
					}
					if e.Kind == secret.EventDegraded {
						return
					}
				}
			})
		})
	}
}

// errors.Is and errors.As still find a provider's error if it can be examined safely.
func TestErrorsOfProvidersKeepTheirIdentity(t *testing.T) {
	t.Parallel()
	sentinel := errors.New("their sentinel")
	bad := fmt.Errorf("%w: %w", sentinel, &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission})
	rt := open(t, runtime.Options{Providers: single("own", failing{bad})})
	_, get := rt.Get(t.Context(), "k")
	for verb, err := range map[string]error{"get": get, "set": rt.Set(t.Context(), "k", made(t, "value-to-set"))} {
		var pe *fs.PathError
		if !errors.Is(err, sentinel) || !errors.Is(err, fs.ErrPermission) || !errors.As(err, &pe) || pe.Path != "x" || !errors.Is(err, secret.ErrUnavailable) {
			t.Errorf("%s: %v does not match what the provider returned", verb, err)
		}
	}
}

// The code that a provider gives stays, whatever caused its error: a refusal ends the
// chain, and a write whose outcome is unknown is heard of.
func TestCodesOfProvidersOutlastTheirCauses(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded, fmt.Errorf("tls: %w", context.Canceled)} {
		for _, code := range []secret.Code{secret.ErrForbidden, secret.ErrIntegrity, secret.ErrNotFound, secret.ErrConflict} {
			for name, err := range map[string]error{
				"wrapped": (&secret.Error{Code: code}).Wrap(cause), "detailed": (&secret.Error{Code: code, Detail: "why"}).Wrap(cause), "joined": errors.Join(code, cause),
			} {
				a, b := newGoStore(t, nil), newGoStore(t, map[secret.Key]string{"k": "fallback-value"})
				a.getErr = err
				rt := open(t, runtime.Options{
					Providers: append(single("a", a), single("b", b)...), Chain: []runtime.ChainLink{{Name: "a", ContinueWhenUnavailable: true}, {Name: "b"}},
				})
				_, got := rt.Get(t.Context(), "k")
				if want := code; secret.CodeOf(got) != want && code != secret.ErrNotFound || code == secret.ErrNotFound && got != nil {
					t.Errorf("%s %s of %v: Get = %v", name, code, cause, got)
				}
			}
		}
	}
}
