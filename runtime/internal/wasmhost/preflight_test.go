package wasmhost_test

import (
	"context"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// Open ends with its context, not only when the module is checked.
func TestTM006OpenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	wasm := crowd(20_000, 100)
	for end, want := range map[error]secret.Code{context.Canceled: secret.ErrCanceled, context.DeadlineExceeded: secret.ErrTimeout} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(end)
		if _, err := wasmhost.Open(ctx, wasmhost.Options{Name: "crowd", Wasm: wasm}); secret.CodeOf(err) != want {
			t.Errorf("Open with a context that ended by %v = %v, want %v", end, err, want)
		}
	}
}
