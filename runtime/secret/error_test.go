package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  secret.Error
		want string
	}{
		{secret.Error{Code: secret.ErrLocked}, `locked`},
		{secret.Error{Code: secret.ErrNotFound, Op: secret.OpGet, Key: "db/password"}, `get "db/password": not_found`},
		{secret.Error{Code: secret.ErrTimeout, Op: secret.OpGet, Key: "a", Provider: "vault", Detail: "no answer"},
			`get "a": provider "vault": timeout: no answer`},
		{secret.Error{Code: secret.ErrUnsupported, Op: secret.OpWatch, Provider: "env"}, `watch: provider "env": unsupported`},
		{secret.Error{Code: secret.ErrInvalidKey, Key: "a\n\x1b[2Jb"}, `"a\n\x1b[2Jb": invalid_key`},
		{secret.Error{Code: secret.ErrLoad, Provider: "a\nb"}, `provider "a\nb": load_failed`},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("Error() = %q, want %q", got, tt.want)
		}
	}
}

// textCause is a cause that fmt can read without calling a method.
type textCause string

func (c textCause) Error() string { return string(c) }

// No printer shows the cause of an Error or the message of a module, since either
// may quote a value.
func TestErrorPrintsNeitherCauseNorGuestText(t *testing.T) {
	t.Parallel()
	const canary = "canary-3c1f88"
	type holder struct {
		Err error
		in  *secret.Error
		val secret.Error
	}
	for name, cause := range map[string]error{
		"pointer": errors.New(canary), "text": textCause(canary), "wrapped": fmt.Errorf("w: %w", errors.New(canary)),
	} {
		e := (&secret.Error{
			Code: secret.ErrUnavailable, Op: secret.OpGet, Key: "k", Provider: "p", Detail: "d", After: time.Second,
			Attempts: []secret.Attempt{{Provider: "p", Code: secret.ErrUnavailable}},
		}).Wrap(cause).WithGuestText(canary)
		for shape, v := range map[string]any{
			"pointer": e, "value": *e, "slice": []error{e}, "map": map[string]*secret.Error{"k": e},
			"struct": holder{e, e, *e}, "pointer to struct": &holder{e, e, *e}, "wrapped": fmt.Errorf("w: %w", e),
			"joined": errors.Join(e, e),
		} {
			for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d %t %c %p %e %U %b %o %T %y") {
				if got := fmt.Sprintf(verb, v); leaks(got, canary) {
					t.Errorf("%s cause in a %s: %s shows it: %s", name, shape, verb, got)
				}
			}
			for encoder, got := range encodings(v) {
				if leaks(got, canary) {
					t.Errorf("%s cause in a %s: %s shows it: %s", name, shape, encoder, got)
				}
			}
		}
		if !errors.Is(e, cause) || e.GuestText() != canary {
			t.Errorf("%s cause: Is = %t, GuestText() = %q, want both as they were set", name, errors.Is(e, cause), e.GuestText())
		}
	}
}

// encodings encodes v with slog and encoding/json. If v cannot be encoded, the text
// of the error is in the result.
func encodings(v any) map[string]string {
	var text, record bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v)
	slog.New(slog.NewJSONHandler(&record, nil)).Info("m", "v", v)
	out, err := json.Marshal(v)
	return map[string]string{"slog text": text.String(), "slog json": record.String(), "json": fmt.Sprintf("%s %v", out, err)}
}

func TestGuestTextIsCut(t *testing.T) {
	t.Parallel()
	e := (&secret.Error{Code: secret.ErrInternal}).WithGuestText(strings.Repeat("x", 1<<20))
	if got := len(e.GuestText()); got > 520 {
		t.Errorf("GuestText has %d bytes, want at most 520", got)
	}
	if got := (&secret.Error{}).GuestText(); got != "" {
		t.Errorf("GuestText of an error without one = %q", got)
	}
}

func TestNilErrorIsInternal(t *testing.T) {
	t.Parallel()
	var err error = (*secret.Error)(nil)
	if secret.CodeOf(err) != secret.ErrInternal || !errors.Is(err, secret.ErrInternal) || err.Error() == "" || err.(*secret.Error).GuestText() != "" {
		t.Errorf("the nil *Error as an error is %q, want internal", secret.CodeOf(err))
	}
}

// TestWrapOfNothing: there is no nil in the tree of an error.
func TestWrapOfNothing(t *testing.T) {
	t.Parallel()
	e := (&secret.Error{Code: secret.ErrDenied}).Wrap(errors.New("cause")).Wrap(nil)
	for _, inner := range e.Unwrap() {
		if inner == nil {
			t.Error("Unwrap returns a nil")
		}
	}
	if len(e.Unwrap()) != 1 {
		t.Errorf("Unwrap = %v, want the code alone", e.Unwrap())
	}
}
