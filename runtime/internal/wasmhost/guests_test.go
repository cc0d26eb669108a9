package wasmhost_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/codecache"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/testdata/hostile"
)

// guests are providers that read the environment, one per language.
var guests = []struct {
	name string
	wasm func(testing.TB) []byte
	tidy bool // the module wipes its own buffers
}{
	{"rust", func(testing.TB) []byte { b, _ := modules.Bytes("env"); return b }, true},
	{"c", func(t testing.TB) []byte { return committed(t, "careless") }, false},
	{"assemblyscript", func(t testing.TB) []byte { return committed(t, "careless_as") }, false},
	{"go", goGuest, false},
}

func committed(t testing.TB, name string) []byte {
	t.Helper()
	b, err := hostile.Case{Name: name}.Wasm()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// buildGo builds the guest in stock Go, once.
var buildGo = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "goguest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "guest.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-buildmode=c-shared", "-o", out, "./testdata/goguest")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
})

func goGuest(t testing.TB) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("building and compiling a Go guest takes seconds")
	}
	b, err := buildGo()
	if err != nil {
		t.Fatalf("build the Go guest: %v", err)
	}
	return b
}

// envOptions grants the module the whole environment that environ returns. Calls
// may take minutes: compiling the Go guest does on a busy machine.
func envOptions(wasm []byte, environ func() []string) wasmhost.Options {
	return wasmhost.Options{
		Name: "app", Wasm: wasm, Grant: all.Grants{Env: []string{"*"}}, Environ: environ,
		Limits: wasmhost.Limits{Call: 5 * time.Minute},
	}
}

// compiled keeps what was compiled, for all tests of this process.
var compiled = sync.OnceValues(func() (*codecache.Cache, error) { return codecache.Open("") })

// cachedOptions is envOptions for tests that do not look at compiling: the Go guest takes
// longer to compile than what they do.
func cachedOptions(t testing.TB, wasm []byte, environ func() []string) wasmhost.Options {
	t.Helper()
	cache, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	o := envOptions(wasm, environ)
	o.Cache = cache
	return o
}
