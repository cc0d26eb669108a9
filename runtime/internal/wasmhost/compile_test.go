package wasmhost_test

import (
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/runtime/internal/codecache"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// A module that does not compile is an error, with a cache too: the entry is
// reset once, and then the error is returned.
func TestCacheDoesNotHideErrors(t *testing.T) {
	t.Parallel()
	// postern_get: an i64 where an i32 is wanted, which preflight leaves to the engine.
	bad := []byte("\x00asm\x01\x00\x00\x00" + "\x01\x05\x01\x60\x00\x01\x7f" + "\x03\x02\x01\x00" + "\x05\x03\x01\x00\x01" +
		"\x07\x18\x02\x06memory\x02\x00\x0bpostern_get\x00\x00" + "\x0a\x06\x01\x04\x00\x42\x00\x0b")
	dir := filepath.Join(t.TempDir(), "cache")
	cache, err := codecache.Open(dir)
	if err != nil {
		t.Fatalf("Open(%q) = %v", dir, err)
	}
	t.Cleanup(func() { cache.Close() })
	p := open(t, wasmhost.Options{Name: "app", Wasm: bad, Cache: cache})
	if _, err := p.Get(t.Context(), "k"); secret.CodeOf(err) != secret.ErrLoad {
		t.Errorf("Get() = %v", err)
	}
}
