package runtime_test

import (
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// A module file that is too large is refused by its size: nothing of it is read.
func TestLargeModuleFileIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.wasm")
	if err := os.WriteFile(path, []byte("\x00asm\x01\x00\x00\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{32<<20 + 1, 20 << 30} {
		if err := os.Truncate(path, size); err != nil {
			t.Skipf("no file of %d bytes can be made here: %v", size, err)
		}
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		rt, err := runtime.Open(t.Context(), runtime.Options{
			Providers: []runtime.ProviderOptions{{Name: "big", Module: path}}, AllowUnpinned: true,
		})
		goruntime.ReadMemStats(&after)
		if err == nil {
			rt.Close()
		}
		if secret.CodeOf(err) != secret.ErrLoad || !strings.Contains(err.Error(), "larger than 32 MiB") {
			t.Errorf("a module of %d bytes: Open = %v, want load_failed with the limit", size, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
			t.Errorf("a module of %d bytes: %d bytes were allocated to refuse it", size, n)
		}
	}
}
