package app

import (
	"testing"

	"github.com/postern-project/postern/runtime/secret"
)

// TestExitCodes pins the exit codes that scripts rely on. A code that is missing
// here has no agreed exit code yet.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	want := map[secret.Code]int{
		secret.ErrNotFound: 66, secret.ErrNotConfigured: 78, secret.ErrInvalidKey: 65, secret.ErrInvalidValue: 65,
		secret.ErrTooLarge: 65, secret.ErrDenied: 77, secret.ErrPolicyFault: 77, secret.ErrUnauthenticated: 77,
		secret.ErrForbidden: 77, secret.ErrUnavailable: 69, secret.ErrCircuitOpen: 69, secret.ErrThrottled: 75,
		secret.ErrTimeout: 75, secret.ErrCanceled: 75, secret.ErrModuleCrashed: 70, secret.ErrModuleProtocol: 76,
		secret.ErrCapability: 78, secret.ErrIntegrity: 76, secret.ErrLoad: 78, secret.ErrConflict: 73, secret.ErrShadowed: 73,
		secret.ErrReadOnly: 69, secret.ErrUnsupported: 69, secret.ErrOutcomeUnknown: 75, secret.ErrStale: 75,
		secret.ErrAuditUnavailable: 74, secret.ErrOverloaded: 75, secret.ErrLocked: 77, secret.ErrClosed: 70,
		secret.ErrInternal: 70,
	}
	meant := map[int]bool{}
	for _, m := range ExitMeanings() {
		meant[m.Exit] = true
	}
	for _, code := range secret.Codes() {
		got := code.ExitCode()
		if got != want[code] {
			t.Errorf("%s.ExitCode() = %d, want %d", code, got, want[code])
		}
		if !meant[got] || got == 1 || got == 2 {
			t.Errorf("exit code %d of %s is not in the table", got, code)
		}
	}
}
