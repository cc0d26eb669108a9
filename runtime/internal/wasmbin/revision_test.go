package wasmbin_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// eachMetered calls f for modules with every instruction that the engine knows, with what
// Meter makes of each for a small and for a large memory.
func eachMetered(t *testing.T, f func(file string, m *wasmbin.Module, made *wasmbin.Metered)) {
	t.Helper()
	folder := specFolder(t)
	for _, file := range slices.Concat(glob(t, "testdata/*.wasm"),
		glob(t, filepath.Join(folder, "v1/testdata/*.wasm")), glob(t, filepath.Join(folder, "v2/testdata/*.wasm"))) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := wasmbin.Parse(b)
		if err != nil {
			continue
		}
		for _, pages := range []int{1, 1 << 16} {
			if made, err := wasmbin.Meter(m, pages); err == nil {
				f(file, m, made)
			}
		}
	}
}

// TestRevision: what another version of Meter made is not taken for the work of this one.
func TestRevision(t *testing.T) {
	t.Parallel()
	const want = "1 56d0206aa0f40605bebe4af5a96547e0b72d37a596993e559871edc14529d53c"
	all := sha256.New()
	eachMetered(t, func(_ string, _ *wasmbin.Module, made *wasmbin.Metered) {
		fmt.Fprintln(all, made.MutableTables, made.DropsSegments, made.Globals)
		all.Write(made.Bytes)
	})
	if got := fmt.Sprintf("%d %x", wasmbin.Revision, all.Sum(nil)); got != want {
		t.Errorf("got %q, want %q: if Meter has changed, raise Revision; if only the modules have, put the digest here", got, want)
	}
}

func TestRemetered(t *testing.T) {
	t.Parallel()
	n := 0
	eachMetered(t, func(file string, m *wasmbin.Module, made *wasmbin.Metered) {
		if made.MutableTables || made.DropsSegments {
			return
		}
		n++
		if again := wasmbin.Remetered(m, made.Bytes); !reflect.DeepEqual(again, made) {
			t.Errorf("%s: the result differs", file)
		}
	})
	if n < 1000 {
		t.Errorf("%d modules", n)
	}
}
