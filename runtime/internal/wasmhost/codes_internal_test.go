package wasmhost

import (
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/secret"
)

// TestEveryStatusHasItsCode: the code of a status has the same name, but for internal, which
// is a crash of the module.
func TestEveryStatusHasItsCode(t *testing.T) {
	t.Parallel()
	for _, s := range abi.Statuses() {
		want := secret.Code(s.String())
		switch s {
		case abi.OK:
			want = "" // no failure
		case abi.Internal:
			want = secret.ErrModuleCrashed
		}
		if got := codes[s]; got != want {
			t.Errorf("the code of status %v is %q, want %q", s, got, want)
		}
	}
	for s := range codes {
		if !s.Known() {
			t.Errorf("status %v is none of the ABI", s)
		}
	}
}
