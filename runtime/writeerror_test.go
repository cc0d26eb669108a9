package runtime_test

import (
	"errors"
	"fmt"
	"io"
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
