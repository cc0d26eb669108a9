package secret_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"github.com/postern-project/postern/runtime/secret"
)

// codes pins what errors.Is and Retry say about every code. Rows are only added.
var codes = []struct {
	code    secret.Code
	text    string
	parent  secret.Code // the class it belongs to, "" if none
	std     error       // the standard error that it Is, nil if none
	retry   secret.RetryClass
	backend bool
}{
	{secret.ErrNotFound, "not_found", "", fs.ErrNotExist, secret.RetryNo, false},
	{secret.ErrNotConfigured, "not_configured", "", nil, secret.RetryNo, false},
	{secret.ErrInvalidKey, "invalid_key", "", nil, secret.RetryNo, false},
	{secret.ErrInvalidValue, "invalid_value", "", nil, secret.RetryNo, false},
	{secret.ErrTooLarge, "too_large", "", nil, secret.RetryNo, false},
	{secret.ErrDenied, "denied", "", fs.ErrPermission, secret.RetryNo, false},
	{secret.ErrPolicyFault, "policy_fault", secret.ErrDenied, fs.ErrPermission, secret.RetryNo, false},
	{secret.ErrUnauthenticated, "unauthenticated", "", nil, secret.RetryNo, true},
	{secret.ErrForbidden, "forbidden", "", fs.ErrPermission, secret.RetryNo, true},
	{secret.ErrUnavailable, "unavailable", "", nil, secret.RetryYes, true},
	{secret.ErrCircuitOpen, "circuit_open", secret.ErrUnavailable, nil, secret.RetryAfter, true},
	{secret.ErrThrottled, "throttled", secret.ErrUnavailable, nil, secret.RetryAfter, true},
	{secret.ErrTimeout, "timeout", secret.ErrUnavailable, context.DeadlineExceeded, secret.RetryYes, true},
	{secret.ErrCanceled, "canceled", "", context.Canceled, secret.RetryNo, false},
	{secret.ErrModuleCrashed, "module_crashed", "", nil, secret.RetryYes, true},
	{secret.ErrModuleProtocol, "module_protocol", "", nil, secret.RetryNo, true},
	{secret.ErrCapability, "capability", "", nil, secret.RetryNo, false},
	{secret.ErrIntegrity, "integrity", "", nil, secret.RetryNo, true},
	{secret.ErrLoad, "load_failed", "", nil, secret.RetryNo, false},
	{secret.ErrConflict, "conflict", "", nil, secret.RetryCAS, true},
	{secret.ErrShadowed, "shadowed", secret.ErrConflict, nil, secret.RetryNo, true},
	{secret.ErrReadOnly, "read_only", secret.ErrUnsupported, errors.ErrUnsupported, secret.RetryNo, false},
	{secret.ErrUnsupported, "unsupported", "", errors.ErrUnsupported, secret.RetryNo, false},
	{secret.ErrOutcomeUnknown, "outcome_unknown", "", nil, secret.RetryCAS, true},
	{secret.ErrStale, "stale", "", nil, secret.RetryYes, true},
	{secret.ErrAuditUnavailable, "audit_unavailable", "", nil, secret.RetryYes, false},
	{secret.ErrOverloaded, "overloaded", "", nil, secret.RetryAfter, false},
	{secret.ErrLocked, "locked", "", nil, secret.RetryNo, false},
	{secret.ErrClosed, "closed", "", nil, secret.RetryNo, false},
	{secret.ErrInternal, "internal", "", nil, secret.RetryNo, false},
}

func TestCodes(t *testing.T) {
	t.Parallel()
	var listed []secret.Code
	for _, tt := range codes {
		listed = append(listed, tt.code)
		if tt.code.Error() != tt.text {
			t.Errorf("%#v.Error() = %q, want %q", tt.code, tt.code.Error(), tt.text)
		}
		if got := tt.code.Retry(); got != tt.retry {
			t.Errorf("%s.Retry() = %d, want %d", tt.text, got, tt.retry)
		}
	}
	if got := secret.Codes(); !slices.Equal(got, listed) {
		t.Errorf("Codes() = %q, want %q", got, listed)
	}
	secret.Codes()[0] = "changed"
	if secret.Codes()[0] != secret.ErrNotFound {
		t.Error("a caller can change what Codes returns to others")
	}
}

// A code Is the same errors, and no others, on its own, in an Error and in a
// wrapped Error.
func TestCodeRelations(t *testing.T) {
	t.Parallel()
	std := []error{
		fs.ErrNotExist, fs.ErrPermission, fs.ErrExist, fs.ErrInvalid, fs.ErrClosed,
		context.Canceled, context.DeadlineExceeded, errors.ErrUnsupported,
	}
	for _, tt := range codes {
		for name, err := range map[string]error{
			"code":          tt.code,
			"error":         &secret.Error{Code: tt.code, Op: secret.OpGet, Key: "k"},
			"wrapped":       fmt.Errorf("layer: %w", &secret.Error{Code: tt.code}),
			"with a cause":  (&secret.Error{Code: tt.code}).Wrap(errors.New("cause")),
			"with a family": errors.Join(errors.New("other"), &secret.Error{Code: tt.code}),
		} {
			for _, other := range secret.Codes() {
				want := other == tt.code || other == tt.parent
				if got := errors.Is(err, other); got != want {
					t.Errorf("%s as %s: Is(%s) = %t, want %t", tt.text, name, other, got, want)
				}
			}
			if got := errors.Is(err, secret.ErrBackend); got != tt.backend {
				t.Errorf("%s as %s: Is(ErrBackend) = %t, want %t", tt.text, name, got, tt.backend)
			}
			for _, target := range std {
				if got := errors.Is(err, target); got != (target == tt.std) {
					t.Errorf("%s as %s: Is(%v) = %t, want %t", tt.text, name, target, got, !got)
				}
			}
			if got := secret.CodeOf(err); got != tt.code {
				t.Errorf("CodeOf(%s as %s) = %q", tt.text, name, got)
			}
		}
	}
}

func TestCodeOf(t *testing.T) {
	t.Parallel()
	timeout := &secret.Error{Code: secret.ErrTimeout}
	for _, tt := range []struct {
		name string
		err  error
		want secret.Code
	}{
		{"nil", nil, ""},
		{"code", secret.ErrConflict, secret.ErrConflict},
		{"error", timeout, secret.ErrTimeout},
		{"wrapped", fmt.Errorf("a: %w", fmt.Errorf("b: %w", timeout)), secret.ErrTimeout},
		{"first of two errors", errors.Join(timeout, &secret.Error{Code: secret.ErrDenied}), secret.ErrTimeout},
		{"code before error", errors.Join(secret.ErrNotFound, timeout), secret.ErrNotFound},
		{"error before its cause", (&secret.Error{Code: secret.ErrLoad}).Wrap(timeout), secret.ErrLoad},
		{"canceled", context.Canceled, secret.ErrCanceled},
		{"wrapped canceled", fmt.Errorf("get: %w", context.Canceled), secret.ErrCanceled},
		{"deadline", context.DeadlineExceeded, secret.ErrTimeout},
		{"code wins over context", errors.Join(context.Canceled, secret.ErrIntegrity), secret.ErrIntegrity},
		{"unsupported", errors.ErrUnsupported, secret.ErrUnsupported},
		{"foreign", errors.New("boom"), secret.ErrUnavailable},
		{"foreign not found", fs.ErrNotExist, secret.ErrUnavailable},
		{"class", secret.ErrBackend, secret.ErrUnavailable},
		{"error without a code", &secret.Error{}, secret.ErrUnavailable},
		{"unknown code", secret.Code("made_up"), secret.ErrUnavailable},
	} {
		if got := secret.CodeOf(tt.err); got != tt.want {
			t.Errorf("%s: CodeOf = %q, want %q", tt.name, got, tt.want)
		}
	}
}
